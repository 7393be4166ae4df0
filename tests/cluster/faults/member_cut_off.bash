# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: one loses its wire, to peers, database and clients alike; then gets it back"
stores="postgresql"
nodes=3
repeats=3
bound_ms=4000
load_s=45
. "$cluster/lib/members.bash"

strike() {
  needs_network
  any_member
  mark
  ip link set "to$member_who" down
  struck
  await_whole 2
  pause "$(random 500 3000)"
  ip link set "to$member_who" up
  member_ended "$member_who" 15
  revive
  await_whole 3
}
