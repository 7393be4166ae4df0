# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: one does not reach the database, but its peers and clients"
stores="postgresql"
nodes=3
repeats=3
bound_ms=4000
load_s=45
. "$cluster/lib/members.bash"

strike() {
  needs_network
  any_member
  sever "$member_who" store
  mark
  struck
  await_whole 2
  pause "$(random 500 2000)"
  heal "$member_who" store
  member_ended "$member_who" 15
  revive
  await_whole 3
}
