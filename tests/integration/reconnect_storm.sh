#!/bin/bash
# Everybody loses the net at once, with the default limit of handshakes: all are
# back, by resume, and served. More of them: $STORM_CLIENTS.

# shellcheck source=tests/integration/common.bash
. "$(dirname "$0")/common.bash"

clients=${STORM_CLIENTS:-900}
data=$work/data
drivers=$((clients / 3))

start_node "$data" --set positions.speed_max_m_s=1500 \
  --set dispatch.offer_timeout=3s
fleet_status=0
"$HANSOM" fleet run --url "ws://127.0.0.1:$node_port/v1/ws" \
  --dev-key-file "$data/dev.key" --drivers "$drivers" \
  --riders "$((clients - drivers))" --compression 25 --speed 35 --radius 800 \
  --hours 18-24 --requests-per-hour 3000 --connects-per-s 280 \
  --off-net 0 --ignore 0 --decline 0 \
  --storm 1 --duration 3 --drain 40 --history "$work/history" \
  >"$work/fleet.log" 2>&1 || fleet_status=$?
sed -n '/^seed .* run /,$p' "$work/fleet.log"
[ "$fleet_status" = 0 ] || fail "the fleet ended with exit code $fleet_status"
grep -q "^storm  *$clients dropped off at once" "$work/fleet.log" ||
  fail "not all of $clients dropped off"
resumes=$(sed -n 's/^connections .* \([0-9]*\) resumes.*/\1/p' "$work/fleet.log")
[ "${resumes:-0}" -ge "$clients" ] ||
  fail "only ${resumes:-0} of $clients came back by resume"
served=$(sed -n 's/^served .*(\([0-9]*\))$/\1/p' "$work/fleet.log")
[ "${served:-0}" -ge 5 ] || fail "only ${served:-0} rides were served"
stop_node
expect 0 '^PASS' "$HANSOM" check --data "$data" --history "$work/history"
verdict
