# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: one's wire is down for half a second again and again"
stores="postgresql"
nodes=3
repeats=2
load_s=40
bound_ms=4000
. "$cluster/lib/members.bash"

strike() {
  local i
  needs_network
  any_member
  for i in $(seq 8); do
    ip link set "to$member_who" down
    struck
    pause 0.5
    ip link set "to$member_who" up
    pause "$(random 300 1500)"
  done
  mark
  pause 3 # A death sentence may be on its way.
  revive
  await_whole 3
  seen="$(deaths) were declared dead"
}
