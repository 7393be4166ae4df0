# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: one that works is forced down; until it hears of that, others own what it has"
stores="postgresql"
nodes=3
repeats=3
bound_ms=4000
load_s=36
. "$cluster/lib/members.bash"

strike() {
  local i
  for i in 1 2; do
    any_member
    mark
    ask node down "$member_who" --confirm "$member_who" --reason "a test" ||
      broken "it cannot be forced down: $(tail -n 1 "$world/log")"
    struck
    await_whole 2
    member_ended "$member_who" 10
    revive
    await_whole 3
  done
}
