# shellcheck shell=bash disable=SC2034
# Sourced by faults of Redis: no invariant may be touched, nothing may wait,
# the index of drivers comes back, a consumer hears of everything.

bound_ms=1000
index_within_s=5
consumer_pid=

prepare() {
  services_up
  redis_up
  migrate
  node_start A
  "$hansom" stream tail --redis "redis://127.0.0.1:$redis_port" \
    --group harness --consumer one --from 0 --json </dev/null \
    >"$world/stream" 2>>"$world/log" &
  consumer_pid=$!
  remember "$consumer_pid"
}

# redis WORDS...: the answer.
redis() {
  redis-cli -p "$redis_port" "$@" 2>/dev/null
}

# index_back: whether most of the fleet's drivers are in Redis, in time.
index_back() {
  local until=$((SECONDS + index_within_s * scale)) began drivers=0
  began=$(now_us)
  while [ "$SECONDS" -le "$until" ]; do
    drivers=$(redis ZCARD hansom:city:drivers)
    if [ "${drivers:-0}" -ge 60 ]; then
      seen="$drivers drivers are back in Redis after $((($(now_us) - began) / \
1000)) ms"
      return 0
    fi
    sleep 0.05
  done
  broken "only $drivers drivers are in Redis again after $index_within_s s"
}

settle() {
  pause 2 # What was committed last is on its way.
  kill -TERM "$consumer_pid" 2>/dev/null ||
    broken "the consumer ended: $(tail -n 1 "$world/log")"
  wait "$consumer_pid" 2>/dev/null
  check_flags=(--stream "$world/stream")
  seen="$seen; a consumer heard $(wc -l <"$world/stream") events"
}
