# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: all clients of all nodes drop off at once and come back"
stores="postgresql"
nodes=3
repeats=1
load_s=12
fleet_flags+=(--storm 4)
. "$cluster/lib/members.bash"

strike() {
  struck
  pause 6
}

settle() {
  seen="$(number "$world/fleet.json" dropped_off) dropped off; all were back \
after $(number "$world/fleet.json" storm_ms) ms"
}
