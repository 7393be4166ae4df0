#!/bin/bash
# What operations see and do from the command line: on a node that is alone, and
# on the rows of a cluster. Its members are rows that SQL makes: they answer
# nothing, so that every step of theirs is taken here.

# shellcheck source=tests/integration/common.bash
. "$(dirname "$0")/common.bash"
# shellcheck source=deploy/services.sh
. "$(dirname "$0")/../../deploy/services.sh"

data=$work/data

# look CODE PATTERN WORDS...: asks the node of $data.
look() {
  local code=$1 pattern=$2
  shift 2
  expect "$code" "$pattern" "$HANSOM" "$@" --data "$data"
}

# said PATTERN: so does what was printed last.
said() {
  grep -Eq -- "$1" "$work/said" || fail "nothing matches '$1' in: $(cat "$work/said")"
}

# later PATTERN FILE: appears within 10 s.
later() {
  for _ in $(seq 100); do
    ! grep -Eq -- "$1" "$2" 2>/dev/null || return 0
    sleep 0.1
  done
  fail "never in $2: $1"
}

say "a node that is alone"
look 6 'no node to talk to' status
look 6 'no node to talk to' node ls
start_node "$data"
look 0 '^Healthy\.$' status
said '^cluster +none'
[ "$(wc -l <"$work/said")" = 8 ] || fail "not eight lines"
look 0 '"healthy": true' status --json
for words in 'node ls' 'node status' 'node drain n1' 'node watch n1' \
  'node add n2' 'shard ls' 'shard pin 3 n1' 'rebalance status' \
  'rebalance pause'; do
  # shellcheck disable=SC2086
  look 4 'there is no cluster' $words
done
look 0 'node.serves  node/n1' events
look 0 '"kind":"node.serves"' events --json
look 2 'subcommand|verb' node
look 2 'shard' shard pin 300 n1
look 0 'tar.gz' bundle --to "$work"
tar -xzf "$(tail -n 1 "$work/said")" -C "$work" ||
  fail "the bundle does not open"
folder=$(find "$work" -maxdepth 1 -type d -name 'hansom-bundle-*')
for file in status.json config.toml log.txt events.json actors.json cells.json \
  metrics.txt nodes.json.missing; do
  [ -s "$folder/$file" ] || fail "the bundle lacks $file"
done
grep -q 'node n1 .* serves' "$folder/log.txt" || fail "no log in the bundle"
grep -q '^hansom_' "$folder/metrics.txt" || fail "no metrics in the bundle"
touch "$work/there"
look 4 'replaces nothing' bundle --to "$work/there"
expect 0 '^drain$' "$HANSOM" completion words node ""
expect 0 '^--dry-run$' "$HANSOM" completion words node drain --d
for shell in bash zsh fish; do
  expect 0 'hansom completion words' "$HANSOM" completion "$shell"
done
stop_node

say "a database"
chmod 711 "$work"
mkdir "$work/services" && chmod 711 "$work/services"
postgres_make "$work/services/pg" "fsync = on" || give_up "no PostgreSQL"
stop_database() {
  postgres_stop "$work/services/pg" immediate
  leave
}
trap stop_database EXIT
postgres_start "$work/services/pg" || give_up "PostgreSQL does not start"
postgres_database "$work/services/pg" hansom || give_up "no database"
sql() {
  postgres_sql "$work/services/pg" hansom "$1" || fail "SQL: $1"
}
HANSOM_POSTGRES_URL=$(postgres_url "$work/services/pg" hansom)
export HANSOM_POSTGRES_URL
"$HANSOM" db migrate --set store.engine=postgresql >/dev/null ||
  give_up "does not migrate"
node_port=0
data=$work/second
start_node "$data" --set store.engine=postgresql
unset HANSOM_POSTGRES_URL
look 4 'there is no cluster' node ls
look 0 '^cluster +none' status
look 0 'node.serves  node/n1' events

# join NAME PORT: an active member.
join() {
  sql "SELECT hansom.change_node(j.self, 1, 2, 'test', '') FROM
    hansom.join_cluster('$1', '127.0.0.1:$2', 'http://127.0.0.1:9', 1, 1,
    '1.0', 100, 0, '256', 'mix64/1') j" >/dev/null
}
# of NAME: its incarnation.
of() {
  sql "SELECT max(incarnation) FROM hansom.node WHERE name = '$1'"
}
# claim NAME WHICH: shards by a condition.
claim() {
  sql "SELECT count(*) FROM hansom.claim_shards($(of "$1"),
    ARRAY(SELECT shard FROM hansom.shard WHERE $2 ORDER BY shard),
    ARRAY(SELECT owner FROM hansom.shard WHERE $2 ORDER BY shard),
    ARRAY(SELECT epoch FROM hansom.shard WHERE $2 ORDER BY shard))" >/dev/null
}
# release NAME: all of its shards.
release() {
  sql "SELECT hansom.release_shards(array_agg(shard), array_agg(owner),
    array_agg(epoch)) FROM hansom.shard WHERE owner = $(of "$1")" >/dev/null
}
leave_cluster() {
  sql "SELECT hansom.change_node($(of "$1"), 3, 4, 'node/$1', '')" >/dev/null
}

say "a cluster of rows"
join a 1
join b 2
join c 3
claim a 'shard % 3 = 0'
claim b 'shard % 3 = 1'
claim c 'shard % 3 = 2'
look 0 '^a +active +86 ' node ls
said '^c +active +85 '
look 0 '"share":' node ls --json
look 0 '^status +active|status  active' node status b
look 3 'no node z' node status z
look 0 '^ *17 +c ' shard ls
look 0 '"shard": 255' shard ls --node a --json
look 0 '^Rebalancing is on: [0-9]+ of 256' rebalance status
look 0 'its share' rebalance plan
look 0 '"moves"' rebalance plan --json
look 0 '3 active' status

say "draining"
look 3 'no node z' node drain z
look 0 'Nothing was changed' node drain b --dry-run
said 'shards that move: [0-9]+ to a, [0-9]+ to c'
look 0 '"changed": false' node drain b --dry-run --json
look 5 'it goes on' node drain b --timeout 1 --reason upgrade
look 0 '^b +draining ' node ls
look 0 'draining already' node drain b
look 0 'active again' node undrain b
look 0 'b is active; nothing to do' node undrain b
"$HANSOM" node drain b --data "$data" >"$work/drained" 2>"$work/progress" &
pids+=($!)
follower=$!
later 'shards  0/85' "$work/progress"
release b
leave_cluster b
wait "$follower" || fail "the drain ended with exit code $?"
grep -Eq '^b is (left|gone); 85 shards moved' "$work/drained" ||
  fail "not said to have left: $(cat "$work/drained")"
"$HANSOM" node drain c --data "$data" >"$work/drained" 2>"$work/progress" &
pids+=($!)
follower=$!
later 'shards  0/85' "$work/progress"
kill -INT "$follower"
status=0
wait "$follower" || status=$?
[ "$status" = 130 ] || fail "exit code $status after an interrupt, not 130"
grep -q 'nothing was undone' "$work/progress" || fail "not told what goes on"
look 0 '^c +draining ' node ls
look 4 'only active node' node drain a
look 0 'needs --confirm=a' node drain a --dry-run
look 5 'goes on' node watch c --timeout 1

say "down, remove, add"
look 4 'nobody to ask' node down c
look 4 'reason' node down c --confirm c
look 0 'c is dead' node down c --confirm c --reason 'disk gone'
look 0 '^c +dead +85 ' node ls # It owns shards until somebody takes them.
look 0 'c is dead already, and nothing is pinned' node remove c
claim a 'true'
look 0 'status +dead' node status c # It has no shards any more.
look 3 'no node c' node remove c
join b 2
"$HANSOM" node drain b --data "$data" >"$work/drained" 2>"$work/progress" &
pids+=($!)
follower=$!
later 'shards  0/0' "$work/progress"
look 0 'b is dead' node down b --confirm b --reason 'tripped over the cable'
status=0
wait "$follower" || status=$?
[ "$status" = 1 ] || fail "a drain that ended in death: exit code $status, not 1"
grep -q '^b is dead; ' "$work/drained" || fail "not said: $(cat "$work/drained")"
join b 2
look 0 'is now pinned to b' shard pin 9 b
look 0 'pinned to b already' shard pin 9 b
look 3 'no node z' shard pin 9 z
look 5 'is on a' shard move 10 b --timeout 1
look 0 '^ *10 +a +b .* b$' shard ls --moving
look 0 '"already":true|"already": true' shard pin 10 b --json
look 0 'not pinned' shard unpin 10
"$HANSOM" node remove b --data "$data" >"$work/removed" 2>"$work/progress" &
pids+=($!)
follower=$!
later 'shards  0/0' "$work/progress"
leave_cluster b
wait "$follower" || fail "the removal ended with exit code $?"
[ "$(sql "SELECT count(*) FROM hansom.shard WHERE pin = 'b'")" = 0 ] ||
  fail "its pins are there still"
look 0 'cluster.enabled=true' node add d --dry-run
said 'shards would move to it'
"$HANSOM" node add d --data "$data" >"$work/added" 2>"$work/progress" &
pids+=($!)
follower=$!
later 'Waiting' "$work/progress"
join d 4
wait "$follower" || fail "node add ended with exit code $?"
look 0 'd is a member already' node add d
look 5 'not there' node add e --timeout 1

say "rebalancing"
look 0 'now paused' rebalance pause --reason deploy
look 0 'paused already' rebalance pause
look 0 '^Rebalancing is paused' rebalance status
look 0 'would be on' rebalance resume --dry-run
look 0 'now on' rebalance resume

say "who did what"
look 0 'node.dead  node/c  by operator/command-line  disk gone' \
  events --last 100
said 'node.draining  node/b  by operator/command-line  upgrade'
said 'rebalance.paused  rebalance  by operator/command-line  deploy'
"$HANSOM" events --follow --data "$data" >"$work/followed" 2>&1 &
pids+=($!)
later 'rebalance.resumed' "$work/followed"
look 0 'now pinned to a' shard pin 77 a
later 'shard.pinned  shard/77' "$work/followed"
"$HANSOM" token --data "$data" --role viewer --subject 1 >"$work/viewer"
look 0 '^a +active' node ls --token-file "$work/viewer"
look 4 'role operator' shard pin 5 a --token-file "$work/viewer"
expect 0 '^a$' env HANSOM_DATA="$data" \
  "$HANSOM" completion words node drain a
look 0 'tar.gz' bundle --to "$work/second.tar.gz"
tar -tzf "$work/second.tar.gz" | grep 'nodes.json$' >/dev/null ||
  fail "no nodes in the bundle"
verdict
