# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: kill -9 of the giver or the taker at a random moment while shards move"
stores="postgresql"
nodes=3
repeats=4
load_s=50
. "$cluster/lib/members.bash"

# Shards move while one drains; it or a taker is killed amid that.
strike() {
  local times=1 i giver
  ! is_long || times=3
  load_until=$((SECONDS + load_s))
  for i in $(seq "$times"); do
    any_member
    giver=$member_who
    drain "$giver"
    pause "$(random 100 $((6000 * time_scale)))"
    [ $((RANDOM % 2)) = 0 ] || member_who=${member_others[0]}
    mark
    ! alive "$member_who" || node_kill "$member_who"
    struck
    say "killed $member_who while $giver drains"
    [ "$member_who" = "$giver" ] || member_ended "$giver" 90
    revive
    await_whole 3 90
  done
}
