# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes form a cluster; one is killed, another drains, both come back"
stores="postgresql"
nodes=3
repeats=1
load_s=10
. "$cluster/lib/members.bash"
time_scale=2
probes_as_planned
fleet_flags+=(--drivers 60 --riders 150 --requests-per-hour 2400)

strike() {
  any_member
  mark
  node_kill "$member_who"
  struck
  await_whole 2
  drain "${member_others[0]}"
  struck
  member_ended "${member_others[0]}" 60
  await_whole 1
  revive
  await_whole 3
}

# Rides have to cross nodes, or this proves little.
settle() {
  [ "$(sql "SELECT count(DISTINCT owner) > 1 FROM hansom.shard_history
    WHERE owner <> 0")" = t ] || broken "one node had all shards"
}
