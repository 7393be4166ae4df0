#!/bin/bash
# The command line against a running node: what it prints, as text and as
# JSON, its exit codes, and what it says when something is not so.

# shellcheck source=tests/integration/common.bash
. "$(dirname "$0")/common.bash"

data=$work/data

# look CODE PATTERN WORDS...: asks the node of $data.
look() {
  local code=$1 pattern=$2
  shift 2
  expect "$code" "$pattern" "$HANSOM" "$@" --data "$data"
}

# said_json: what was printed last is one JSON value, as far as brackets and
# quotes tell without a parser.
said_json() {
  local first last
  first=$(head -c 1 "$work/said")
  last=$(tail -n 1 "$work/said" | tail -c 2 | head -c 1)
  case $first$last in
  '{}' | '[]') ;;
  *) fail "no JSON: $(head -c 200 "$work/said")" ;;
  esac
}

say "without a node"
look 6 'no node to talk to' actor ls
expect 6 'cannot reach http://127.0.0.1:9' \
  "$HANSOM" cell ls --url http://127.0.0.1:9
look 3 'no store in folder' check
expect 2 'unknown verb "rum"' "$HANSOM" rum
expect 2 'subcommand|verb' "$HANSOM" actor
look 2 'limit' actor ls --limit 0
expect 0 '^6 .*no node' "$HANSOM" help exit-codes

say "settings"
expect 0 '^offer_timeout = ' "$HANSOM" config show
expect 0 'driver.s time to answer' \
  "$HANSOM" config explain dispatch.offer_timeout
expect 3 'did you mean dispatch.offer_timeout' \
  "$HANSOM" config explain dispatch.ofer_timeout
expect 0 '^ok$' "$HANSOM" config check
printf '[dispatch]\noffer_timeout = "soon"\nofer = 1\n' >"$work/bad.toml"
expect 2 'bad.toml:2.*duration' "$HANSOM" config check --config "$work/bad.toml"
expect 2 'bad.toml:3.*ofer' "$HANSOM" config check --config "$work/bad.toml"
expect 2 'gateway.port' "$HANSOM" config check --set gateway.port=70000
expect 2 'gateway.prt' "$HANSOM" start --data "$data" --set gateway.prt=1
expect 2 'none.toml' "$HANSOM" config check --config "$work/none.toml"
expect 2 'gateway.origins' "$HANSOM" config check --set node.production=true
strict=(--set node.production=true
  --set 'gateway.origins=["https://rides.example"]')
expect 4 'identity provider' "$HANSOM" token --data "$data" "${strict[@]}"
expect 2 'unknown role "king"' "$HANSOM" token --data "$data" --role king
expect 2 '24h' "$HANSOM" token --data "$data" --ttl soon
expect 1 'key' "$HANSOM" start --data "$work/strict" --port 0 "${strict[@]}"

say "a node and some rides"
start_node "$data" --set positions.speed_max_m_s=700
"$HANSOM" fleet run --url "ws://127.0.0.1:$node_port/v1/ws" \
  --dev-key-file "$data/dev.key" --drivers 20 --riders 40 --compression 10 \
  --speed 35 --radius 1000 --hours 18-24 --requests-per-hour 1500 \
  --duration 0 >"$work/fleet.log" 2>&1 &
fleet_pid=$!
pids+=("$fleet_pid")

say "a second node"
expect 1 "process $node_pid|pid $node_pid" \
  "$HANSOM" start --data "$data" --port 0
expect 1 "127.0.0.1:$node_port: Address already in use" \
  "$HANSOM" start --data "$work/other" --port "$node_port"
[ "$(grep -c '^hansom: ' "$work/said")" = 1 ] || fail "not one line of error"

say "actors"
trip=
for _ in $(seq 100); do
  trip=$("$HANSOM" actor ls --data "$data" --kind trip --sort age --limit 1 \
    2>/dev/null |
    sed -n 's|^trip/\([0-9a-f]\{16\}\).*|\1|p')
  [ -z "$trip" ] || break
  sleep 0.2
done
[ -n "$trip" ] || give_up "no trip within 20 s"
look 0 '^driver/[0-9]+ ' actor ls --kind driver
look 0 '"actor": "cell/' actor ls --kind cell --json
said_json
look 0 '^kind +actors' actor top --rounds 1
look 0 '"totals":\[' actor top --rounds 1 --json
said_json
look 0 '^ *mailbox ' actor show driver/1
look 0 '"last_messages"' actor show driver/1 --json
said_json
look 3 'driver/987654 is not in' actor show driver/987654
look 2 'names no actor' actor show dog/1
look 2 'mailbox' actor ls --sort colour
look 2 'nobody can be "flying"' actor ls --state flying
look 2 'driver, rider, trip or cell' actor ls --kind dog
look 0 '^driver/.* (available|reserved|stopped|on_trip)' \
  actor ls --kind driver --sort rate --limit 5
cell=$("$HANSOM" cell ls --data "$data" | sed -n '2s/ .*//p')
look 0 '^actor' actor ls --cell "$cell"
look 0 "^cell/" actor tree
look 0 '"children"' actor tree --cell "$cell" --json
said_json
look 0 '^kind +message +handled' actor messages --sort p99
look 0 '"p99_us"' actor messages --kind driver --json
said_json
look 0 'nothing is stuck|verdict' actor stuck
look 0 '"verdict"' actor stuck --json
said_json
look 0 '^[0-9:]{8}\.[0-9]{3} +[a-z_]+ +[0-9]+ us ' \
  actor tail driver/1 --messages 1 --seconds 15
look 0 '"message":"' actor tail driver/2 --messages 1 --seconds 15 --json
look 3 'driver/987654 is not in' actor tail driver/987654

say "a terminal"
# A person types: sort by the next column, tree, search, pause, quit.
mkfifo "$work/keys"
script -qfec "stty cols 80 rows 40
exec '$HANSOM' actor top --data '$data' --every 0.5" \
  "$work/screen" <"$work/keys" >/dev/null 2>&1 &
top_pid=$!
pids+=("$top_pid")
exec 7>"$work/keys"
# press KEYS WORDS: types; the words have to appear then. (Only words that are
# new on their line are drawn in one piece.)
press() {
  local waited=0
  printf '%s' "$1" >&7
  until grep -aqs -- "$2" "$work/screen"; do
    [ "$waited" -lt 100 ] || {
      fail "top never shows '$2'"
      return
    }
    sleep 0.1
    waited=$((waited + 1))
  done
}
press '' 'k:passivate q:quit' # All keys fit into 80 columns.
press '>t' 'cells, their trips, who takes part'
press /driver 'earch: '
press $'\nZ' 'PAUSED'
printf q >&7
for _ in $(seq 100); do
  kill -0 "$top_pid" 2>/dev/null || break
  sleep 0.1
done
kill -0 "$top_pid" 2>/dev/null && fail "top does not end"
exec 7>&-
wait "$top_pid" || fail "top ended with exit code $?"

say "passivation and dead letters"
look 4 'not confirmed' actor passivate "cell/$cell"
look 0 'waiting' actor passivate "cell/$cell" --dry-run
"$HANSOM" token --data "$data" --role viewer --subject 1 >"$work/viewer"
look 4 'role operator' actor passivate "cell/$cell" --yes \
  --token-file "$work/viewer"
# An order to a trip that nobody has heard of ends with the dead letters.
curl -s -o /dev/null -X POST -H "Authorization: Bearer $("$HANSOM" token \
  --data "$data" --role operator --subject 77)" \
  -d '{"id":"x1","as":"cancelled","reason":"nobody"}' \
  "http://127.0.0.1:$node_port/v1/admin/trips/00000000000000ff/end"
look 0 'entity_gone' actor deadletters
look 0 '"reason": "entity_gone"' actor deadletters --json
said_json

say "cells"
look 0 '^cell +waiting +free' cell ls
cell=$(sed -n '2,$s/^\([0-9a-f]*\) .*/\1/p' "$work/said" | head -n 1)
look 0 '"surge_milli"' cell ls --json
said_json
look 0 'state' cell show "$cell"
look 0 '"probe"' cell show "$cell" --json
said_json
look 2 'no S2 cell token' cell show xyz

say "trips"
look 0 '^trip' trip show "$trip"
look 0 '"journal"' trip show "$trip" --json
said_json
look 0 'drivers|candidates|outcome|round' trip why "$trip"
look 0 "\"$trip\"|\"drivers\"|\"round\"" trip why "$trip" --json
said_json
look 0 'Removed by gates' trip why "$trip"
look 0 '^trip +phase +cell' trip ls --limit 3
look 0 '"phase"' trip ls --json
said_json
look 0 'trip_requested|requested' actor trace "$trip"
look 0 '"events"' actor trace "$trip" --json
said_json
look 3 'no trip' actor trace 00000000000000ff
look 3 'no trip 00000000000000ff' trip show 00000000000000ff
look 2 '16 hexadecimal digits' trip show 12

say "what somebody in a hurry asks"
# answered QUESTION PATTERN WORDS...: and how long that took, which README tells.
answered() {
  local question=$1 pattern=$2 began
  shift 2
  began=$(date +%s%3N)
  look 0 "$pattern" "$@"
  say "  $question? $(($(date +%s%3N) - began)) ms"
}
answered "who is this actor, what is it doing" 'last_messages' \
  actor show driver/1
answered "what is stuck" 'nothing is stuck' actor stuck
answered "why did this rider not get a car" 'Removed by gates' trip why "$trip"
answered "what does the city look like now" '^cell +waiting +free' cell ls
answered "is the cluster well" '^Healthy' status

say "ending a trip"
# open_trip: sets trip to one that is under way.
open_trip() {
  local x
  for _ in $(seq 100); do
    for x in $("$HANSOM" actor ls --data "$data" --kind trip --sort age \
      --limit 100 | sed -n 's|^trip/\([0-9a-f]\{16\}\).*|\1|p' | tac); do
      trip=$x
      "$HANSOM" trip show "$x" --data "$data" | grep -q '^  phase  on_trip' &&
        return
    done
    sleep 0.2
  done
  give_up "no trip under way within 20 s"
}
# end_trip WORDS...: ends one, unless its driver is always quicker.
end_trip() {
  for _ in $(seq 20); do
    open_trip
    "$HANSOM" trip end "$trip" --data "$data" --yes "$@" </dev/null \
      >"$work/said" 2>&1 && return
  done
  fail "no trip was ended: $*"
  sed 's/^/  | /' "$work/said" | head -n 20
}
why=(--reason 'the driver lost his phone')
look 2 '16 hexadecimal digits' trip end 12 --as cancelled "${why[@]}"
look 2 'as' trip end 00000000000000ff --as lost "${why[@]}"
look 2 'reason' trip end 00000000000000ff --as cancelled
look 3 'no trip 00000000000000ff' \
  trip end 00000000000000ff --as cancelled "${why[@]}" --yes
open_trip
look 0 'open|trip' actor trace "$trip" --live --messages 3 --seconds 3
look 2 'nobody can be' trip ls --phase dancing
# The trip stays; its driver has something to do.
look 4 'it stays' actor passivate "trip/$trip" --yes
look 4 'nothing was changed' trip end "$trip" --as completed "${why[@]}"
"$HANSOM" token --data "$data" --role viewer --subject 1 >"$work/viewer"
look 4 'role operator' trip end "$trip" --as completed "${why[@]}" --yes \
  --token-file "$work/viewer"
"$HANSOM" token --data "$data" --role operator --subject 77 >"$work/operator"
end_trip --as completed "${why[@]}" --id e1 --token-file "$work/operator"
grep -q 'is completed, durably' "$work/said" || fail "not said to be completed"
look 0 '"as": "completed"' trip end "$trip" --as completed "${why[@]}" \
  --yes --id e1 --json
said_json
look 0 '"by":"operations".*"operator_name":"operator/77".*lost his phone' \
  trip show "$trip"
look 4 'cannot complete: the trip is completed' \
  trip end "$trip" --as completed "${why[@]}" --yes
end_trip --as cancelled "${why[@]}"
look 0 'cancelled' trip show "$trip"

say "who did it"
look 0 "trip.end  trip/$trip  by operator/" events --last 200
look 0 "trip.trace  trip/[0-9a-f]+  by operator/.* 3 messages" events --last 200
look 0 'actor.passivate  trip/[0-9a-f]*  by operator/' events --last 200
grep -q "trip.end trip/$trip by operator/" "$work/node.log" ||
  fail "the log does not say who ended it"

say "who may look"
"$HANSOM" token --data "$data" --role rider --subject 1 >"$work/rider"
look 4 'role operator or viewer' actor ls --token-file "$work/rider"
"$HANSOM" token --data "$data" --role viewer --subject 1 >"$work/viewer"
look 0 '^actor' actor ls --token-file "$work/viewer"
echo a.b.c >"$work/nonsense"
look 4 'token' actor ls --token-file "$work/nonsense"

kill -INT "$fleet_pid"
wait "$fleet_pid" || fail "the fleet ended with exit code $?"
stop_node
look 6 'no node to talk to' actor ls
look 0 '^PASS' check
look 0 '"violations"|"pass"|"broken"' check --json
verdict
