#!/bin/bash
# A city under mischief loses its node twice to kill -9, at moments that a seed
# chooses, and gets it back at once. Nothing that clients were promised may be
# missing afterwards: the fleet judges what it hears, `hansom check --history`
# what the store holds.
#
#   HANSOM=build/dev/cluster/hansom tests/integration/kill_restart.sh [SEED]

# shellcheck source=tests/integration/common.bash
. "$(dirname "$0")/common.bash"

seed=${1:-1}
say "seed $seed"
RANDOM=$((seed % 32768))
serve_s=9
data=$work/data

start() {
  start_node "$data" --set positions.speed_max_m_s=700 \
    --set gateway.commands_per_s=0 --set gateway.positions_per_s=0 \
    --set gateway.handshakes_per_s=0 --set dispatch.offer_timeout=3s \
    --set dispatch.match_timeout=12s --set dispatch.connection_grace=4s \
    --set dispatch.driver_silent=8s --set dispatch.stall_after=10s
}

# kill_node MILLISECONDS: waits so long, kills, and starts it again.
kill_node() {
  local down=0.$((RANDOM % 5))
  sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"
  kill -KILL "$node_pid"
  wait "$node_pid" 2>/dev/null
  say "killed after another $1 ms, down for $down s"
  sleep "$down"
  start
  say "back: $(tail -n 2 "$work/node.log" | grep -o '[0-9]* open entities')"
}

start
"$HANSOM" fleet run --url "ws://127.0.0.1:$node_port/v1/ws" \
  --dev-key-file "$data/dev.key" --drivers 60 --riders 200 --seed "$seed" \
  --compression 10 --speed 35 --radius 1500 --hours 18-24 --requests-per-hour 3000 \
  --duration "$serve_s" --drain 40 --duplicate 0.03 --reorder 0.03 \
  --off-net 0.02 --rider-cancel 0.08 --driver-cancel 0.04 \
  --history "$work/history" >"$work/fleet.log" 2>&1 &
fleet_pid=$!
pids+=("$fleet_pid")

kill_node $((2000 + RANDOM % 3000))
kill_node $((1500 + RANDOM % 3000))

fleet_status=0
wait "$fleet_pid" || fleet_status=$?
sed -n '/^seed .* run /,$p' "$work/fleet.log"
[ "$fleet_status" = 0 ] || fail "the fleet ended with exit code $fleet_status"
served=$(sed -n 's/^served .*(\([0-9]*\))$/\1/p' "$work/fleet.log")
[ "${served:-0}" -ge 20 ] || fail "only ${served:-0} rides were served"
stop_node

expect 0 '^PASS' "$HANSOM" check --data "$data" --history "$work/history"
cat "$work/said"
promised=$(sed -n 's/^I4 *\([0-9]*\) .*/\1/p' "$work/said")
[ "${promised:-0}" -ge 100 ] ||
  fail "only ${promised:-0} promises to clients were held against the store"
verdict
