# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: one is stopped (SIGSTOP) for longer than its lease, then wakes up"
stores="postgresql"
nodes=3
repeats=3
bound_ms=4000
load_s=40
. "$cluster/lib/members.bash"

strike() {
  any_member
  mark
  kill -STOP "${node_pid[$member_who]}"
  struck
  await_whole 2
  pause "$(random 500 $((2000 * time_scale)))"
  kill -CONT "${node_pid[$member_who]}"
  # What it still writes is refused; and it knows soon that it is dead.
  member_ended "$member_who" 10
  [ "${member_code:-0}" != 0 ] ||
    broken "a node that was declared dead said that all was well"
  revive
  await_whole 3
  [ "$(deaths)" = 1 ] || broken "$(deaths) nodes were declared dead, not one"
}
