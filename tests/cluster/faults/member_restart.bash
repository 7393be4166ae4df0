# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: kill -9 of one, started again at once at the same address"
stores="postgresql"
nodes=3
repeats=3
bound_ms=3000
kills=2
! is_long || kills=4
load_s=$((8 + 12 * kills))
. "$cluster/lib/members.bash"

strike() {
  local i
  for i in $(seq "$kills"); do
    pause "$(random 200 1500)"
    any_member
    mark
    node_kill "$member_who"
    struck
    members_up "$member_who"
    await_whole 3
  done
}
