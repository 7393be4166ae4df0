#!/bin/bash
# Sourced by deploy/run and tests/run: runs one step at a time, shows that it
# moves, how long it took, and on failure the part of its output that matters.
# shellcheck disable=SC2034  # Used by those that source this.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
logs=$here/build/logs
step_pid=

# A compiler of ours takes up to 2 GB; more jobs than that fit make it slower.
jobs_default() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/MemAvailable/ { print int($2 / 2000000) }' /proc/meminfo)
  [ "$memory" -ge 1 ] || memory=1
  echo $((cores < memory ? cores : memory))
}
jobs=${HANSOM_JOBS:-$(jobs_default)}

# Knobs of these scripts stay here: to the program every HANSOM_... in its
# environment is a setting, and one that it does not know is an error.
export -n HANSOM_JOBS HANSOM_FAILURE_LINES HANSOM_ASAN_TESTS \
  HANSOM_DATA HANSOM_PORT HANSOM_DRIVERS HANSOM_RIDERS HANSOM_REQUESTS

# A minimal environment has no home, and ccache insists on a place.
[ -n "${HOME:-}" ] || export CCACHE_DIR="${CCACHE_DIR:-$here/build/ccache}"

# step NAME COMMAND...: the output goes to build/logs/NAME.log; a terminal
# shows its last line, anything else hears every half minute that it goes on.
# Returns the command's status.
step() {
  local name=$1 started=$SECONDS heard=$SECONDS status=0 log
  shift
  mkdir -p "$logs"
  log=$logs/$name.log
  [ -t 1 ] || printf '%-10s ...\n' "$name"
  # An own process group, so that an interrupt ends all of it.
  set -m
  "$@" </dev/null >"$log" 2>&1 &
  step_pid=$!
  set +m
  while kill -0 "$step_pid" 2>/dev/null; do
    if [ -t 1 ]; then
      printf '\r%-10s %4d s  %-.60s\033[K' "$name" $((SECONDS - started)) \
        "$(tail -n 1 "$log" | tr -d '\r\t\033')"
    elif [ $((SECONDS - heard)) -ge 30 ]; then
      heard=$SECONDS
      printf '%-10s %4d s  %.60s\n' "$name" $((SECONDS - started)) \
        "$(tail -n 1 "$log" | tr -d '\r\t\033')"
    fi
    sleep 0.2
  done
  wait "$step_pid" || status=$?
  step_pid=
  [ ! -t 1 ] || printf '\r\033[K'
  if [ "$status" = 0 ]; then
    printf '%-10s %4d s  done\n' "$name" $((SECONDS - started))
  else
    printf '%-10s %4d s  FAILED\n' "$name" $((SECONDS - started))
    show_failure "$log"
  fi
  return "$status"
}

# What went wrong, without the hundred lines that went well.
show_failure() {
  grep -vE '^ +Start +[0-9]+:| Passed +[0-9.]+ sec$|^\[[0-9]+/[0-9]+\] (Building|Linking|Automatic)' \
    "$1" | tail -n "${HANSOM_FAILURE_LINES:-120}" | sed 's/^/  | /'
  echo "  (all of it: $1)"
}

end_step() {
  [ -z "$step_pid" ] || kill -TERM -- "-$step_pid" 2>/dev/null || true
}
