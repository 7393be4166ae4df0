# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: what one says to another is lost, the other way it works; first one way, then the other"
stores="postgresql"
nodes=3
repeats=2
bound_ms=10000
load_s=80
. "$cluster/lib/members.bash"

# One of the two drains and ends; where both ends agree before that, none does.
one_way() {
  sever "$1" "$2"
  mark
  struck
  await_link_rule "$1" "$2"
  heal "$1" "$2"
  revive
  await_whole 3 60
}

strike() {
  needs_network
  any_member
  local one=$member_who other=${member_others[0]}
  one_way "$one" "$other"
  one_way "$other" "$one"
}
