# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: kill -9 of one at random moments; started again once the others serve"
stores="postgresql"
nodes=3
repeats=3
bound_ms=1500
kills=2
! is_long || kills=5
load_s=$((8 + 16 * kills))
. "$cluster/lib/members.bash"

strike() {
  local i
  for i in $(seq "$kills"); do
    pause "$(random 200 1500)"
    any_member
    mark
    node_kill "$member_who"
    struck
    await_whole 2
    pause 1
    members_up "$member_who"
    await_whole 3
  done
}
