# shellcheck shell=bash
# Sourced by lib/one: the world of one fault. A folder, nodes, clients and a
# prober, services; and the marks from which the row is made. Everything ends
# with the folder (lib/clean), whoever ends first.
# shellcheck disable=SC2034,SC2154  # Set and used by the others of lib and faults.

world=$(mktemp -d "${TMPDIR:-/tmp}/hansom-fault.XXXXXX")
chmod 711 "$world" # PostgreSQL runs as somebody else.
work=$world

declare -A node_program=() # Other builds than $hansom.
declare -A node_pid=() node_port=() node_data=() node_host=()
node_env=()      # What env(1) puts before a node: a clock, for example.
client_port=     # Where clients connect; a proxy's when one stands there.
client_urls=()   # All of them, where clients know several.
probe_flags=()
database_port=   # Where nodes find PostgreSQL; a proxy's when one stands there.
database_host=   # The same, unless 127.0.0.1.
postgres_net=    # Addresses, beside 127.0.0.1, from which it is asked.
redis_wanted=
redis_host=127.0.0.1
fleet_pid=
prober_pid=
proxy_pid=
proxy_in=

# Children of the folder: pid and start time, since a pid is used again one day.
remember() {
  echo "$1 $(cut -d ' ' -f 22 "/proc/$1/stat" 2>/dev/null)" >>"$world/pids"
}

leave() {
  trap '' INT TERM HUP
  exec 2>/dev/null # The shell's own words on each process that is ended.
  "$cluster/lib/clean" "$world"
  exit "$status"
}
status=2
trap leave EXIT
trap 'status=130; exit' INT TERM HUP
# Should this script be killed the hard way, somebody else cleans up.
setsid "$cluster/lib/clean" --after $$ "$world" </dev/null >/dev/null 2>&1 &

say() {
  printf '%s  %s\n' "$(date +%T)" "$*" >>"$world/log"
  [ -z "${verbose:-}" ] || printf '%s  %s: %s\n' "$(date +%T)" "$fault" "$*" >&2
}

# broken REASON: the fault has not been survived.
broken() {
  say "BROKEN: $*"
  echo "$*" >>"$world/broken"
}

# skip REASON: it cannot be tested on this machine.
skip() {
  echo "$*" >>"$world/skipped"
  finish
}

# cannot REASON: nothing was tested at all.
cannot() {
  broken "$*"
  finish
}

now_us() {
  echo "${EPOCHREALTIME/[.,]/}"
}

# mark: from here on it has to serve again.
mark() {
  now_us >>"$world/marks"
}

# struck: one more fault was injected.
struck() {
  echo >>"$world/struck"
}

# pause SECONDS: sleeps in small steps, so that an interrupt is heard at once.
pause() {
  sleep "$1" &
  wait $!
}

# random MIN MAX: milliseconds as seconds, "1.250"; the seed decides.
random() {
  local ms=$(($1 + (RANDOM * 32768 + RANDOM) % ($2 - $1 + 1)))
  printf '%d.%03d' $((ms / 1000)) $((ms % 1000))
}

# -- services -----------------------------------------------------------------

services_up() {
  [ -z "$redis_everywhere" ] || redis_up
  [ "$store" = postgresql ] || return 0
  postgres_make "$world/postgres" "${postgres_settings[@]}" 2>>"$world/log" ||
    cannot "no PostgreSQL: $(tail -n 1 "$world/log")"
  [ -z "$postgres_net" ] ||
    echo "host all all $postgres_net scram-sha-256" |
    as_postgres tee -a "$world/postgres/server/pg_hba.conf" >/dev/null
  postgres_start "$world/postgres" 2>>"$world/log" ||
    cannot "PostgreSQL does not start: $(tail -n 1 "$world/log")"
  postgres_database "$world/postgres" hansom || cannot "no database"
  database_port=$postgres_port
}

redis_up() {
  [ -z "$redis_wanted" ] || return 0
  redis_start "$world/redis" || cannot "no Redis"
  redis_wanted=yes
}

# store_flags: of every hansom command that opens the store.
store_flags() {
  if [ "$store" = postgresql ]; then
    printf '%s\n' --set store.engine=postgresql
  fi
}

# with_store COMMAND...: the connection string is in the environment alone.
with_store() {
  local url
  if [ "$store" = postgresql ]; then
    url=$(postgres_node_url "$world/postgres" hansom "$database_port")
    HANSOM_POSTGRES_URL=${url/@127.0.0.1:/@${database_host:-127.0.0.1}:} \
      exec "$@"
  else
    exec "$@"
  fi
}

# migrate: as the owner, by way of the server itself and not of a proxy.
migrate() {
  [ "$store" = postgresql ] || return 0
  HANSOM_POSTGRES_URL=$(postgres_url "$world/postgres" hansom) \
    timeout 60 "$hansom" db migrate --set store.engine=postgresql \
    >>"$world/node.log" 2>&1 ||
    cannot "hansom db migrate failed: $(tail -n 1 "$world/node.log")"
  postgres_node_role "$world/postgres" hansom || cannot "no role for the node"
}

# -- nodes --------------------------------------------------------------------

# What members of a cluster need; one a line.
node_more_flags() { :; }
node_prefix() {
  [ ${#node_env[@]} = 0 ] || printf '%s\n' "${node_env[@]}"
}

# node_start NAME [FLAG...]: returns once it serves. A second start has the
# same folder and port.
node_start() {
  node_launch "$@"
  node_await "$1" ||
    cannot "the node did not start: $(tail -n 1 "$world/node.log")"
}

node_launch() {
  local name=$1 data=$world/$1 flags more prefix
  shift
  node_data[$name]=$data
  mkdir -p "$data"
  mapfile -t flags < <(store_flags)
  [ -z "$redis_wanted" ] ||
    flags+=(--set "redis.url=redis://$redis_host:$redis_port")
  mapfile -t more < <(node_more_flags "$name")
  mapfile -t prefix < <(node_prefix "$name")
  (with_store "${prefix[@]}" "${node_program[$name]:-$hansom}" start --data "$data" \
    --port "${node_port[$name]:-0}" --set positions.speed_max_m_s=1400 \
    --set gateway.commands_per_s=0 --set gateway.positions_per_s=0 \
    --set gateway.handshakes_per_s=0 --set dispatch.offer_timeout=3s \
    --set dispatch.match_timeout=8s --set dispatch.connection_grace=4s \
    --set dispatch.driver_silent=8s --set dispatch.stall_after=10s \
    --set "log.level=$log_level" "${flags[@]}" "${more[@]}" "$@") \
    </dev/null >>"$world/node.log" 2>&1 &
  node_pid[$name]=$!
  remember "${node_pid[$name]}"
}

# node_await NAME: until it serves. @returns 1 when it does not.
node_await() {
  local name=$1 data=$world/$1 waited=0 pid=${node_pid[$1]}
  # A killed node leaves its file behind; only this one's counts.
  until grep -q "\"pid\":${pid}[,}]" "$data/node.json" 2>/dev/null; do
    if ! kill -0 "$pid" 2>/dev/null || [ "$waited" -ge 1200 ]; then
      return 1
    fi
    sleep 0.05
    waited=$((waited + 1))
  done
  node_port[$name]=$(sed -n 's/.*"url":"[^"]*:\([0-9]*\)".*/\1/p' \
    "$data/node.json")
  : "${client_port:=${node_port[$name]}}"
}

# node_peak NAME: remembers its largest memory so far; before it is killed.
node_peak() {
  sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/${node_pid[$1]}/status" \
    2>/dev/null >>"$world/peaks"
}

node_kill() {
  node_peak "$1"
  kill -KILL "${node_pid[$1]}" || broken "the node had ended by itself"
  wait "${node_pid[$1]}" 2>/dev/null
}

# node_stop NAME: politely; it has to end well.
node_stop() {
  local ended=0
  node_peak "$1"
  kill -TERM "${node_pid[$1]}" 2>/dev/null ||
    broken "the node had ended by itself"
  wait "${node_pid[$1]}" || ended=$?
  [ "$ended" = 0 ] || broken "the node ended with exit code $ended"
}

# http NAME PATH: head and body of the answer.
http() {
  {
    printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' \
      "$2" >&3 && timeout 3 cat <&3
  } 2>/dev/null 3<>"/dev/tcp/${node_host[$1]:-127.0.0.1}/${node_port[$1]}"
}

# metric NAME PATTERN: the sum of a node's series that match.
metric() {
  http "$1" /metrics | tr -d '\r' |
    awk -v p="$2" '$0 ~ "^" p { sum += $NF } END { printf "%d\n", sum }'
}

# -- clients ------------------------------------------------------------------

# clients_start SECONDS: a fleet with demand for so long, and the prober.
clients_start() {
  local url urls=()
  [ ${#client_urls[@]} -gt 0 ] ||
    client_urls=("ws://127.0.0.1:$client_port/v1/ws")
  for url in "${client_urls[@]}"; do
    urls+=(--url "$url")
  done
  load_until=$((SECONDS + $1))
  "$tools/prober" "${urls[@]}" --dev-key-file "${node_data[A]}/dev.key" \
    "${probe_flags[@]}" </dev/null >"$world/probe" 2>>"$world/log" &
  prober_pid=$!
  remember "$prober_pid"
  "$hansom" fleet run "${urls[@]}" --dev-key-file "${node_data[A]}/dev.key" \
    --drivers 120 --riders 400 --seed "$seed" --compression 20 --speed 35 \
    --radius 500 --hours 0-24 --requests-per-hour 3600 --duration "$1" \
    --drain "$drain_s" --rider-cancel 0.08 --driver-cancel 0.04 \
    "${fleet_flags[@]}" --history "$world/history" --json "$world/fleet.json" \
    >"$world/fleet.log" 2>&1 </dev/null &
  fleet_pid=$!
  remember "$fleet_pid"
}

# clients_wait: until every promise has ended, or could not.
clients_wait() {
  local ended=0
  wait "$fleet_pid" || ended=$?
  case $ended in
  0) ;;
  1) broken "clients saw an invariant broken: $(sed -n \
    's/^BROKEN //p' "$world/fleet.log" | head -n 1)" ;;
  *) broken "the fleet ended with exit code $ended: $(tail -n 1 \
    "$world/fleet.log")" ;;
  esac
  kill -TERM "$prober_pid" 2>/dev/null
  wait "$prober_pid" 2>/dev/null
}

# -- the proxy ----------------------------------------------------------------

# proxy_up PORT: in front of it; sets proxy_port.
proxy_up() {
  local waited=0
  mkfifo "$world/proxy.in"
  exec {proxy_in}<>"$world/proxy.in"
  "$tools/fault_proxy" <"$world/proxy.in" >"$world/proxy.out" \
    2>>"$world/log" {proxy_in}>&- &
  proxy_pid=$!
  remember "$proxy_pid"
  until proxy_port=$(sed -n 's/^port //p' "$world/proxy.out") &&
    [ -n "$proxy_port" ]; do
    [ "$waited" -lt 100 ] || cannot "no proxy"
    sleep 0.05
    waited=$((waited + 1))
  done
  proxy to "127.0.0.1:$1"
}

# proxy WORDS: an order; prints the answer of `stats`.
proxy() {
  local before after waited=0
  before=$(wc -l <"$world/proxy.out")
  echo "$*" >&"$proxy_in"
  until after=$(wc -l <"$world/proxy.out") && [ "$after" -gt "$before" ]; do
    [ "$waited" -lt 100 ] || cannot "the proxy does not answer to: $*"
    sleep 0.02
    waited=$((waited + 1))
  done
  case $(tail -n 1 "$world/proxy.out") in
  error*) cannot "the proxy: $(tail -n 1 "$world/proxy.out")" ;;
  esac
}
