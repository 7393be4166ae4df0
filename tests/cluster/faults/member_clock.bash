# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: one's wall clock strobes by a second, and jumps by an hour"
stores="postgresql"
nodes=3
repeats=1
load_s=30
bound_ms=4000
. "$cluster/lib/members.bash"

set_clock() {
  echo "$1" >"$world/clock.new"
  mv "$world/clock.new" "$world/clock"
}

strike() {
  local i offset
  for i in $(seq 20); do
    set_clock +1
    pause 0.15
    set_clock -1
    pause 0.15
    struck
  done
  for offset in +3600 +0 -3600 +0; do
    set_clock "$offset"
    mark
    struck
    pause 2
  done
  [ "$(deaths)" = 0 ] || broken "$(deaths) nodes were declared dead"
}

library=$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -n 1)
[ -n "$library" ] || skip "no libfaketime here; on Debian: apt-get install faketime"
set_clock +0
# Timers run by the steady clock, which no administrator can set.
member_env[B]="env LD_PRELOAD=$library FAKETIME_TIMESTAMP_FILE=$world/clock
  FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1"
