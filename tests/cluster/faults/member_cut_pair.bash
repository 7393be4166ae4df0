# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: two that reach the database do not reach each other: mail goes by the third, then one drains"
stores="postgresql"
nodes=3
repeats=2
bound_ms=10000
load_s=50
. "$cluster/lib/members.bash"

strike() {
  needs_network
  any_member
  sever_both "$member_who" "${member_others[0]}"
  mark
  struck
  await_link_rule "$member_who" "${member_others[0]}"
  heal_both "$member_who" "${member_others[0]}"
  revive
  await_whole 3 60
}
