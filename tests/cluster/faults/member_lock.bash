# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: a session of a stopped node holds locks on its shards when it is killed"
stores="postgresql"
nodes=3
repeats=2
bound_ms=4000
load_s=30
. "$cluster/lib/members.bash"

# As a writer that stops within a statement: locks of its shards for share.
hold_lock() {
  local bin
  bin=$(postgres_bin)
  mkfifo "$world/lock.in"
  exec {lock_in}<>"$world/lock.in"
  PGPASSWORD=$(secret "$world/postgres/password") \
    PGOPTIONS="-c idle_in_transaction_session_timeout=500" "$bin/psql" -X -q \
    -At -h 127.0.0.1 -p "$postgres_port" -U postgres -d hansom \
    <"$world/lock.in" >"$world/lock.out" 2>>"$world/log" {lock_in}>&- &
  lock_pid=$!
  remember "$lock_pid"
  echo "BEGIN; SELECT count(*) FROM (SELECT 1 FROM hansom.shard s JOIN
    hansom.node n ON n.incarnation = s.owner WHERE n.name = '$1'
    FOR SHARE OF s) x;" >&"$lock_in"
}

strike() {
  local waited=0
  any_member
  hold_lock "$member_who"
  until [ "$(cat "$world/lock.out")" ] || [ "$waited" -ge 200 ]; do
    pause 0.02
    waited=$((waited + 1))
  done
  kill -STOP "$lock_pid"
  mark
  node_kill "$member_who"
  struck
  await_whole 2
  seen="locks on $(cat "$world/lock.out") shards were held"
  kill -KILL "$lock_pid"
  wait "$lock_pid" 2>/dev/null
  revive
  await_whole 3
}
