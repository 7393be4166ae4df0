# Sourced by the scripts beside it: nodes that come and go, and what is
# expected of them. $HANSOM is the program. Everything lives in a temporary
# folder that goes at the end, with the processes.
# shellcheck shell=bash
set -uo pipefail

: "${HANSOM:?set HANSOM to the hansom program}"
unset "${!HANSOM_@}" # Whoever runs this may have settings of his own.
work=$(mktemp -d "${TMPDIR:-/tmp}/hansom-test.XXXXXX")
failures=0
pids=()
node_pid=
node_port=0

leave() {
  local pid
  for pid in "${pids[@]}"; do
    kill -KILL "$pid" 2>/dev/null
  done
  wait
  rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT TERM HUP

say() {
  printf '%s  %s\n' "$(date +%T)" "$*"
}

fail() {
  say "FAILED: $*"
  failures=$((failures + 1))
}

give_up() {
  fail "$@"
  exit 1
}

# wait_for SECONDS COMMAND...: until the command succeeds, at most so long.
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

# verdict: the last line of a script.
verdict() {
  [ "$failures" = 0 ] || {
    say "$failures failed"
    exit 1
  }
  say "all as expected"
}

# start_node DATA [FLAG...]: one node, on its former port when it had one.
# Returns once it serves; sets node_pid and node_port.
start_node() {
  local data=$1 waited=0
  shift
  "$HANSOM" start --data "$data" --port "$node_port" "$@" \
    </dev/null >>"$work/node.log" 2>&1 &
  node_pid=$!
  pids+=("$node_pid")
  # A killed node leaves its file behind; only this one's counts.
  until grep -q "\"pid\":$node_pid[,}]" "$data/node.json" 2>/dev/null; do
    if ! kill -0 "$node_pid" 2>/dev/null || [ "$waited" -ge 300 ]; then
      tail -n 20 "$work/node.log"
      give_up "the node did not start"
    fi
    sleep 0.1
    waited=$((waited + 1))
  done
  node_port=$(sed -n 's/.*"url":"[^"]*:\([0-9]*\)".*/\1/p' "$data/node.json")
}

# stop_node: politely, and it has to end well.
stop_node() {
  local status=0
  kill -TERM "$node_pid"
  wait "$node_pid" || status=$?
  [ "$status" = 0 ] || fail "the node ended with exit code $status"
}

# expect CODE PATTERN COMMAND...: runs it; its exit code must be CODE, and what
# it prints must have a line that matches the extended regular expression.
expect() {
  local code=$1 pattern=$2 status=0
  shift 2
  timeout 20 "$@" </dev/null >"$work/said" 2>&1 || status=$?
  if [ "$status" != "$code" ]; then
    fail "exit code $status, expected $code: ${*#"$HANSOM"}"
    sed 's/^/  | /' "$work/said" | head -n 20
  elif ! grep -Eq -- "$pattern" "$work/said"; then
    fail "nothing matches '$pattern': ${*#"$HANSOM"}"
    sed 's/^/  | /' "$work/said" | head -n 20
  fi
}
