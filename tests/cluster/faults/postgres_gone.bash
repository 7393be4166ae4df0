# shellcheck shell=bash disable=SC2034
about="PostgreSQL is stopped for a minute (short: 8 s)"
stores="postgresql"
bound_ms=2000 # After it accepts again.
gone_s=8
! is_long || gone_s=60
load_s=$((warm_s + gone_s + 4))
drain_s=90

strike() {
  local before after
  postgres_stop "$world/postgres" fast || broken "it did not stop"
  struck
  pause 2
  before=$(metric A hansom_gateway_positions_total)
  pause $((gone_s - 2))
  after=$(metric A hansom_gateway_positions_total)
  [ "$after" -gt "$before" ] || broken "no positions while the store was gone"
  http A /health/ready | grep -q '"store":{"status":"degraded"' ||
    broken "health does not say that the store is gone: $(http A /health/ready |
      tail -n 1 | head -c 200)"
  seen="meanwhile $((after - before)) positions"
  postgres_start "$world/postgres" || cannot "PostgreSQL did not come back"
  mark
}

settle() {
  [ "$(told_to_return)" -gt 0 ] || broken "nobody was told to come back later"
  seen="$seen, $(told_to_return) times told to come back"
}
