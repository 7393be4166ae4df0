# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: one is stopped for a second, again and again: nobody dies of it"
stores="postgresql"
nodes=3
repeats=2
bound_ms=2000
load_s=24
. "$cluster/lib/members.bash"

strike() {
  local i
  for i in 1 2 3 4; do
    any_member
    kill -STOP "${node_pid[$member_who]}"
    struck
    pause 1
    kill -CONT "${node_pid[$member_who]}"
    mark
    pause "$(random 500 2500)"
  done
  [ "$(deaths)" = 0 ] || broken "$(deaths) nodes were declared dead"
}
