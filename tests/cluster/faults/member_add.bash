# shellcheck shell=bash disable=SC2034,SC2154
about="a fourth node joins three, takes its share, drains and leaves"
stores="postgresql"
nodes=3
repeats=2
load_s=70
. "$cluster/lib/members.bash"
probers=16 probe_every_ms=50
probes_as_planned

strike() {
  local began
  member_make D
  began=$(now_us)
  members_up D
  await_whole 4
  await_balanced 4
  struck
  seen="a fourth had its share after $((($(now_us) - began) / 1000)) ms"
  pause 2
  began=$(now_us)
  drain D
  member_ended D 60
  seen="$seen, and gave it back within $((($(now_us) - began) / 1000)) ms"
  await_whole 3
}

settle() {
  seen="$seen; longest silence for a driver $(longest_gap) ms"
}
