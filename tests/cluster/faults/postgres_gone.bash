# shellcheck shell=bash disable=SC2034
about="PostgreSQL is stopped for a minute (short: 8 s)"
stores="postgresql"
bound_ms=2000 # After it accepts again.
gone_s=8
! is_long || gone_s=60
load_s=$((warm_s + gone_s + 4))
drain_s=90

strike() {
  local before after refused
  postgres_stop "$world/postgres" fast || broken "it did not stop"
  struck
  refused=$(probes refused)
  pause 2
  before=$(metric A hansom_gateway_positions_total)
  pause $((gone_s - 2))
  after=$(metric A hansom_gateway_positions_total)
  refused=$(($(probes refused) - refused))
  [ "$after" -gt "$before" ] || broken "no positions while the store was gone"
  [ "$refused" -gt 0 ] || broken "nobody was told to try again later"
  http A /health/ready | grep -q 'store.*\(degraded\|unhealthy\)\|\(degraded\|unhealthy\).*store' ||
    broken "health does not say that the store is gone: $(http A /health/ready |
      tail -n 1 | head -c 200)"
  seen="meanwhile $((after - before)) positions, $refused probes told to come back"
  postgres_start "$world/postgres" || cannot "PostgreSQL did not come back"
  mark
}
