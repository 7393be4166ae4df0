#!/bin/bash
# A city drives, its database's log is archived; a base copy of the server is
# taken in mid-drive. Then a server is made that knows what was known at one
# moment after it: everything acknowledged until then, nothing after, and every
# invariant holds.
#
#   HANSOM=build/dev/cluster/hansom tests/integration/point_in_time.sh [SEED]

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

pg=$work/postgres
data=$work/node
archive=$work/archive
in_pg=(--set store.engine=postgresql)
lively=(--set positions.speed_max_m_s=700 --set gateway.commands_per_s=0
  --set gateway.positions_per_s=0 --set gateway.handshakes_per_s=0
  --set dispatch.offer_timeout=3s --set dispatch.match_timeout=12s)

# drive EVENTS: a fleet, killed once so many more are durable; what it was
# promised stays.
drive() {
  local enough=$(($(events) + $1))
  "$HANSOM" fleet run --url "ws://127.0.0.1:$node_port/v1/ws" \
    --dev-key-file "$data/dev.key" --drivers 60 --riders 200 --seed "$seed" \
    --compression 10 --speed 35 --radius 1500 --hours 18-24 \
    --requests-per-hour 6000 --duration 60 --drain 1 >"$work/fleet" 2>&1 &
  local fleet=$!
  pids+=("$fleet")
  wait_for 60 has_events "$enough" || fail "no $1 events in 60 s"
  kill -KILL "$fleet"
  wait "$fleet" 2>/dev/null
}

# events: how many are durable.
events() {
  postgres_sql "$pg" hansom "SELECT count(*) FROM hansom.journal"
}

has_events() {
  [ "$(events)" -ge "$1" ]
}

mkdir "$archive"
[ "$(id -u)" != 0 ] || chown postgres: "$archive"
if ! postgres_make "$pg" "archive_mode = on" \
  "archive_command = 'test ! -f $archive/%f && cp %p $archive/%f'" ||
  ! postgres_start "$pg" || ! postgres_database "$pg" hansom; then
  give_up "no PostgreSQL"
fi
url=$(postgres_url "$pg" hansom)
HANSOM_POSTGRES_URL=$url "$HANSOM" db migrate "${in_pg[@]}" >/dev/null ||
  give_up "no schema"
postgres_node_role "$pg" hansom
HANSOM_POSTGRES_URL=$(postgres_node_url "$pg" hansom)
export HANSOM_POSTGRES_URL
start_node "$data" "${in_pg[@]}" "${lively[@]}"
export HANSOM_POSTGRES_URL=$url

drive 100
in_base=$(events)
expect 0 '^a base of .* is in ' "$HANSOM" backup --base --to "$work/base" \
  "${in_pg[@]}"
expect 4 'replaces nothing' "$HANSOM" backup --base --to "$work/base" \
  "${in_pg[@]}"
drive 100
before=$(events)
sleep 1.2 # Moments are whole seconds.
moment=$(date -u +%FT%TZ)
sleep 0.2
until_then=$(events)
sleep 1
drive 100
stop_node
after=$(events)
say "$before to $until_then events at $moment, $after in the end"
[ "$before" -gt "$in_base" ] || fail "nothing happened after the base"
[ "$after" -gt "$until_then" ] || fail "nothing happened after the moment"
postgres_sql "$pg" hansom "SELECT pg_switch_wal()" >/dev/null
last=$(postgres_sql "$pg" hansom \
  "SELECT pg_walfile_name(pg_current_wal_lsn() - 16777216)")
for _ in $(seq 100); do
  [ ! -e "$archive/$last" ] || break
  sleep 0.1
done
postgres_stop "$pg" fast # The disaster.

restore=("$HANSOM" restore "${in_pg[@]}" --from "$work/base")
expect 0 'restored and sound' "${restore[@]}" --archive "$archive" \
  --until "$moment" --data "$work/then"
# I9 looks at an event four times, and once at each of the 256 shards' owners.
found=$(sed -n 's/^I9 *\([0-9]*\) .*/\1/p' "$work/said")
found=$(((${found:-0} - 256) / 4))
say "$found events in the server of that moment"
if [ "$found" -lt "$before" ] || [ "$found" -gt "$until_then" ]; then
  fail "expected $before to $until_then events"
fi
[ ! -e "$work/then/postmaster.pid" ] || fail "the new server was left running"

expect 4 'replaces nothing' "${restore[@]}" --archive "$archive" \
  --until "$moment" --data "$work/then"
expect 2 'expected a time' "${restore[@]}" --archive "$archive" \
  --until yesterday --data "$work/other"
expect 2 'needs --archive' "${restore[@]}" --until "$moment" \
  --data "$work/other"
expect 3 'no folder' "${restore[@]}" --archive "$work/nowhere" \
  --until "$moment" --data "$work/other"
expect 3 'no base copy' "$HANSOM" restore "${in_pg[@]}" --from "$archive" \
  --archive "$archive" --until "$moment" --data "$work/other"
expect 2 'PostgreSQL' "$HANSOM" restore --from "$work/base" \
  --archive "$archive" --until "$moment" --data "$work/other"
expect 2 'needs an older one' "${restore[@]}" --archive "$archive" \
  --until 2020-01-01T00:00:00Z --data "$work/other"
mv "$work/base/hansom_base_end" "$work/kept"
expect 1 'does not say when it was complete' "${restore[@]}" \
  --archive "$archive" --until "$moment" --data "$work/other"
mv "$work/kept" "$work/base/hansom_base_end"
[ ! -e "$work/other" ] || fail "a restore that was refused left a folder"
expect 1 'did not come to that moment' "${restore[@]}" --archive "$archive" \
  --until 2099-01-01T00:00:00Z --data "$work/other"
verdict
