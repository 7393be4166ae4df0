# shellcheck shell=bash disable=SC2034
# Sourced by faults of Redis: no invariant may be touched, nothing may wait.

bound_ms=1000
index_within_s=5

prepare() {
  services_up
  redis_up
  migrate
  node_start A
}

# redis WORDS...: the answer.
redis() {
  redis-cli -p "$redis_port" "$@" 2>/dev/null
}

# index_back: whether last positions are in Redis again in time.
index_back() {
  local until=$((SECONDS + index_within_s * scale)) began
  began=$(now_us)
  while [ "$SECONDS" -le "$until" ]; do
    if [ "$(redis DBSIZE)" -gt 0 ]; then
      seen="keys are back after $((($(now_us) - began) / 1000)) ms"
      return 0
    fi
    sleep 0.05
  done
  broken "nothing is in Redis again after $index_within_s s"
}
