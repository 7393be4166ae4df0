#!/bin/bash
# A city is copied while it drives; the copy, restored where nothing was, keeps
# every invariant and everything that had been acknowledged before the copy
# began. Embedded store, then PostgreSQL.
#
#   HANSOM=build/dev/cluster/hansom tests/integration/backup_restore.sh [SEED]

# shellcheck source=tests/integration/common.bash
. "$(dirname "$0")/common.bash"
# shellcheck source=deploy/services.sh
. "$(dirname "$0")/../../deploy/services.sh"

seed=${1:-1}
say "seed $seed"
chmod 711 "$work" # The server's user passes through it.
leave_all() {
  [ ! -d "$work/postgres" ] || postgres_stop "$work/postgres" immediate
  leave
}
trap leave_all EXIT

# drive DATA: a fleet in the background, until it is killed; sets fleet_pid.
drive() {
  "$HANSOM" fleet run --url "ws://127.0.0.1:$node_port/v1/ws" \
    --dev-key-file "$1/dev.key" --drivers 60 --riders 200 --seed "$seed" \
    --compression 10 --speed 35 --radius 1500 --hours 18-24 \
    --requests-per-hour 6000 --duration 60 --drain 1 >"$1.fleet" 2>&1 &
  fleet_pid=$!
  pids+=("$fleet_pid")
}

# events: how many the node has made durable, each before it was acknowledged.
events() {
  curl -s "http://127.0.0.1:$node_port/metrics" |
    awk '$1 == "hansom_journal_events_total" { printf "%d\n", $2 }'
}

has_events() {
  local now
  now=$(events)
  [ "${now:-0}" -ge "$1" ]
}

# copy_under_load DATA COPY [FLAG...]: one copy in mid-drive; sets promised to
# the events that were durable before it began.
copy_under_load() {
  local data=$1 copy=$2
  shift 2
  drive "$data"
  wait_for 60 has_events 100 || fail "no 100 events before the copy"
  promised=$(events)
  expect 0 '^a copy of .* is in ' "$HANSOM" backup --to "$copy" "$@"
  say "$(tail -n 1 "$work/said")"
  wait_for 60 has_events $((promised + 1)) ||
    fail "nothing was acknowledged any more"
  kill -KILL "$fleet_pid"
  wait "$fleet_pid" 2>/dev/null
  expect 4 'replaces nothing' "$HANSOM" backup --to "$copy" "$@"
}

# whole: what `restore` said counts each of those events. I9 looks at an event
# four times, and once at each of the 256 shards' owners.
whole() {
  local looks
  looks=$(sed -n 's/^I9 *\([0-9]*\) .*/\1/p' "$work/said")
  looks=$(((${looks:-0} - 256) / 4))
  say "$looks events in the copy; $promised were acknowledged before it began"
  [ "$looks" -ge "$promised" ] || fail "events are missing"
}

lively=(--set positions.speed_max_m_s=700 --set gateway.commands_per_s=0
  --set gateway.positions_per_s=0 --set gateway.handshakes_per_s=0
  --set dispatch.offer_timeout=3s --set dispatch.match_timeout=12s)

say "embedded"
data=$work/embedded
start_node "$data" "${lively[@]}"
copy_under_load "$data" "$work/copy.db" --data "$data"
stop_node
expect 0 'restored and sound' \
  "$HANSOM" restore --from "$work/copy.db" --data "$work/again"
whole
expect 4 'replaces nothing' \
  "$HANSOM" restore --from "$work/copy.db" --data "$work/again"
expect 3 'no store' "$HANSOM" backup --data "$work/nowhere" --to "$work/x.db"
expect 3 'no copy' "$HANSOM" restore --from "$work/x.db" --data "$work/other"
head -c 20000 "$work/copy.db" >"$work/torn.db"
expect 1 'hansom: ' \
  "$HANSOM" restore --from "$work/torn.db" --data "$work/other"
[ ! -e "$work/other/hansom.db" ] || fail "a torn copy was left in place"
start_node "$work/again" "${lively[@]}" # A node goes on from it.
stop_node

say "PostgreSQL"
pg=$work/postgres
if ! postgres_make "$pg" || ! postgres_start "$pg" ||
  ! postgres_database "$pg" hansom || ! postgres_database "$pg" again; then
  give_up "no PostgreSQL"
fi
in_pg=(--set store.engine=postgresql)
url=$(postgres_url "$pg" hansom)
HANSOM_POSTGRES_URL=$url "$HANSOM" db migrate "${in_pg[@]}" >/dev/null ||
  give_up "no schema"
postgres_node_role "$pg" hansom
data=$work/server
HANSOM_POSTGRES_URL=$(postgres_node_url "$pg" hansom)
export HANSOM_POSTGRES_URL
start_node "$data" "${in_pg[@]}" "${lively[@]}"
export HANSOM_POSTGRES_URL=$url
copy_under_load "$data" "$work/copy.dump" "${in_pg[@]}"
stop_node
expect 1 'replaces nothing' \
  "$HANSOM" restore --from "$work/copy.dump" "${in_pg[@]}"
HANSOM_POSTGRES_URL=$(postgres_url "$pg" again)
expect 0 'restored and sound' \
  "$HANSOM" restore --from "$work/copy.dump" "${in_pg[@]}"
whole
postgres_stop "$pg" fast
expect 6 'hansom: ' "$HANSOM" restore --from "$work/copy.dump" "${in_pg[@]}"
grep -q "$(secret "$pg/password")" "$work/said" && fail "a password was printed"
verdict
