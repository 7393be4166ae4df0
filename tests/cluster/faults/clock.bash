# shellcheck shell=bash disable=SC2034
about="the node's wall clock jumps by an hour, forth, back, back again, forth"
bound_ms=2000
step_s=2
! is_long || step_s=10
load_s=$((warm_s + 4 * step_s + 2))

set_clock() {
  echo "$1" >"$world/clock.new"
  mv "$world/clock.new" "$world/clock"
}

prepare() {
  local library
  library=$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -n 1)
  [ -n "$library" ] ||
    cannot "no libfaketime here; on Debian: apt-get install faketime"
  set_clock +0
  # Timers run by the steady clock, which no administrator can set.
  node_env=(env "LD_PRELOAD=$library" "FAKETIME_TIMESTAMP_FILE=$world/clock"
    FAKETIME_CACHE_DURATION=1 FAKETIME_DONT_FAKE_MONOTONIC=1)
  set_clock +3600
  [ $(($("${node_env[@]}" date +%s) - $(date +%s))) -gt 3500 ] ||
    cannot "libfaketime does not set the clock here"
  set_clock +0
  services_up
  migrate
  node_start A
}

strike() {
  local offset
  for offset in +3600 +0 -3600 +0; do
    set_clock "$offset"
    mark
    struck
    pause "$step_s"
  done
}
