# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: one is stopped while another loses its wire; both come back"
stores="postgresql"
nodes=3
repeats=3
bound_ms=4000
load_s=50
. "$cluster/lib/members.bash"

strike() {
  needs_network
  any_member
  mark
  kill -STOP "${node_pid[$member_who]}"
  pause "$(random 0 1500)"
  ip link set "to${member_others[0]}" down
  struck
  await_whole 1
  ip link set "to${member_others[0]}" up
  kill -CONT "${node_pid[$member_who]}"
  member_ended "$member_who" 15
  member_ended "${member_others[0]}" 15
  revive
  await_whole 3
}
