# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: two are killed at once; the third owns all"
stores="postgresql"
nodes=3
repeats=3
bound_ms=4000
load_s=35
. "$cluster/lib/members.bash"

strike() {
  any_member
  mark
  node_kill "${member_others[0]}"
  node_kill "${member_others[1]}"
  struck
  await_whole 1
  pause 1
  revive
  await_whole 3
}
