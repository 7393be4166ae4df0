#!/bin/bash
# A city with Redis loses its node to kill -9, loses Redis' memory, loses Redis.
# Clients resume with everything that they missed or are told otherwise (the
# fleet judges, I11), drivers are found again where they were, and a consumer of
# the events hears each of them (hansom check --stream, I14).
#
#   HANSOM=build/dev/cluster/hansom tests/integration/redis_resume.sh [SEED]

# shellcheck source=tests/integration/common.bash
. "$(dirname "$0")/common.bash"

command -v redis-server >/dev/null || give_up "redis-server is not installed"
seed=${1:-1}
say "seed $seed"
data=$work/data
redis_socket=$work/redis.sock
redis_pid=

redis_start() {
  redis-server --port 0 --unixsocket "$redis_socket" --save "" --appendonly no \
    --daemonize no >>"$work/redis.log" 2>&1 &
  redis_pid=$!
  pids+=("$redis_pid")
  wait_for 20 test -S "$redis_socket" || give_up "Redis did not start"
}

redis() {
  redis-cli -s "$redis_socket" "$@"
}

start() {
  start_node "$data" --set "redis.url=unix://$redis_socket" \
    --set positions.speed_max_m_s=700 --set redis.hellos_per_minute=0 \
    --set gateway.commands_per_s=0 --set gateway.positions_per_s=0 \
    --set gateway.handshakes_per_s=0 --set dispatch.offer_timeout=3s \
    --set dispatch.match_timeout=12s --set dispatch.connection_grace=4s
}

metric() {
  curl -s "http://127.0.0.1:$node_port/metrics" |
    awk -v name="$1" '$1 == name { printf "%d\n", $2 }'
}

# on_map N: whether Redis knows the places of so many drivers.
on_map() {
  local n
  n=$(redis ZCARD hansom:city:drivers)
  [ "${n:-0}" -ge "$1" ]
}

# have_heard N: whether so many sessions have events in Redis, to resume with.
have_heard() {
  [ "$(redis --scan --pattern 'hansom:resume:*' | wc -l)" -ge "$1" ]
}

# have_resumed N: sessions, from Redis.
have_resumed() {
  resumed=$(metric 'hansom_redis_resumes_total{outcome="complete"}')
  [ "${resumed:-0}" -ge "$1" ]
}

redis_start
start
"$HANSOM" stream tail --redis "unix://$redis_socket" --group judge --json \
  >"$work/heard" 2>"$work/tail.log" &
tail_pid=$!
pids+=("$tail_pid")
"$HANSOM" fleet run --url "ws://127.0.0.1:$node_port/v1/ws" \
  --dev-key-file "$data/dev.key" --drivers 60 --riders 200 --seed "$seed" \
  --compression 10 --speed 35 --radius 1500 --hours 18-24 \
  --requests-per-hour 3000 --duration 18 --drain 40 \
  --history "$work/history" >"$work/fleet.log" 2>&1 &
fleet_pid=$!
pids+=("$fleet_pid")

wait_for 30 on_map 20 || fail "fewer than 20 drivers are on Redis' map"
wait_for 30 have_heard 40 || fail "fewer than 40 sessions are in Redis"
kill -KILL "$node_pid"
wait "$node_pid" 2>/dev/null
start
placed=$(grep -o '[0-9]* drivers are where they were' "$work/node.log" | tail -n 1)
say "node killed and back: $placed"
[ "${placed%% *}" -ge 10 ] || fail "places were not read back: $placed"
wait_for 30 have_resumed 10 || fail "only ${resumed:-0} sessions were resumed"
say "${resumed:-0} sessions resumed from Redis"

redis FLUSHALL >/dev/null
say "flushed"
wait_for 30 on_map 20 || fail "fewer than 20 drivers came back after the flush"

kill -KILL "$redis_pid"
wait "$redis_pid" 2>/dev/null
rm -f "$redis_socket"
say "Redis gone"
degraded() {
  curl -s "http://127.0.0.1:$node_port/health/ready" |
    grep -q '"redis":{"status":"degraded"'
}
wait_for 30 degraded || fail "the node does not say that Redis is gone"
kill -KILL "$node_pid" # Without Redis: the full state, nothing worse.
wait "$node_pid" 2>/dev/null
start
sleep 2
redis_start
say "Redis back"

fleet_status=0
wait "$fleet_pid" || fleet_status=$?
sed -n '/^seed .* run /,$p' "$work/fleet.log"
[ "$fleet_status" = 0 ] || fail "the fleet ended with exit code $fleet_status"
stop_node
kill -TERM "$tail_pid"
tail_status=0
wait "$tail_pid" || tail_status=$?
[ "$tail_status" = 130 ] || fail "stream tail ended with exit code $tail_status"
cat "$work/tail.log"
grep -q 'emptied' "$work/tail.log" || fail "the flush was not told of"
# The rest of what the group has not heard.
"$HANSOM" stream tail --redis "unix://$redis_socket" --group judge --json \
  --idle 2 >>"$work/heard" || fail "stream tail --idle failed"

expect 0 '^I14 +[1-9][0-9]{2,} +0 ' "$HANSOM" check --data "$data" \
  --history "$work/history" --stream "$work/heard"
cat "$work/said"
# The judge must be able to say no.
sed '1d' "$work/heard" >"$work/less"
expect 1 'was not delivered' "$HANSOM" check --data "$data" --stream "$work/less"
{
  cat "$work/heard"
  printf '%s\n' '{"shard":3,"shard_seq":999999,"entity":"rider/1","seq":1,' \
    '"kind":"x","at":1,"epoch":1,"payload":{}}' | tr -d '\n'
} >"$work/more"
expect 1 'the journal has none' "$HANSOM" check --data "$data" \
  --stream "$work/more"
expect 6 'no Redis' "$HANSOM" stream tail --redis unix:///nowhere.sock --group g
verdict
