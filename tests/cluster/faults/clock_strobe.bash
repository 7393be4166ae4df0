# shellcheck shell=bash disable=SC2034
about="the clocks of node and database jump by a second, forth and back, without rest"
bound_ms=2000
for_s=6
! is_long || for_s=60
load_s=$((warm_s + for_s + 2))

set_clock() {
  echo "$1" >"$world/clock.new"
  mv "$world/clock.new" "$world/clock"
}

# The database's user reads the file, too.
prepare() {
  local library setting
  library=$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -n 1)
  [ -n "$library" ] ||
    cannot "no libfaketime here; on Debian: apt-get install faketime"
  # Timers run by the steady clock, which no administrator can set.
  node_env=(env "LD_PRELOAD=$library" "FAKETIME_TIMESTAMP_FILE=$world/clock"
    FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1)
  set_clock +3600
  [ $(($("${node_env[@]}" date +%s) - $(date +%s))) -gt 3500 ] ||
    cannot "libfaketime does not set the clock here"
  set_clock +0
  # Redis keeps the true time: with this library it does not start.
  [ -z "$redis_everywhere" ] || redis_up
  # What starts the server hands its environment on to it.
  for setting in "${node_env[@]:1}"; do
    export "${setting?}"
  done
  services_up
  for setting in "${node_env[@]:1}"; do
    unset "${setting%%=*}"
  done
  migrate
  node_start A
}

# database_clock: how far the server's is ahead, in seconds.
database_clock() {
  echo $(($(postgres_sql "$world/postgres" hansom \
    "SELECT extract(epoch FROM clock_timestamp())::bigint") - $(date +%s)))
}

strike() {
  local until=$((SECONDS + for_s)) jumps=0
  if [ "$store" = postgresql ]; then
    set_clock +100
    [ "$(database_clock)" -ge 98 ] || cannot "the database keeps its own time"
    set_clock +0
  fi
  while [ "$SECONDS" -lt "$until" ]; do
    set_clock +1
    pause 0.15
    set_clock -1
    pause 0.15
    jumps=$((jumps + 2))
    struck
  done
  set_clock +0
  mark
  seen="$jumps jumps of two seconds"
}
