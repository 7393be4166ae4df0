# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: one drains and comes back, again and again, under load"
stores="postgresql"
nodes=3
repeats=2
times=1
! is_long || times=3
load_s=$((10 + 45 * times))
. "$cluster/lib/members.bash"
probers=16 probe_every_ms=50
probes_as_planned

strike() {
  local i began
  for i in $(seq "$times"); do
    any_member
    began=$(now_us)
    drain "$member_who"
    struck
    member_ended "$member_who" 60 || return
    drained+=($((($(now_us) - began) / 1000)))
    [ "$member_code" = 0 ] ||
      broken "a drained node ended with exit code $member_code"
    members_up "$member_who"
    await_whole 3
    await_balanced 3
  done
  seen="drained in ${drained[*]} ms"
}

settle() {
  seen="$seen; longest silence for a driver $(longest_gap) ms"
  [ "$(deaths)" = 0 ] || broken "$(deaths) nodes were declared dead"
}
