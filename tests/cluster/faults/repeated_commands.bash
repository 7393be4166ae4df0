# shellcheck shell=bash disable=SC2034
about="a third of all messages sent twice, a third after the next one"
fleet_flags=(--duplicate 0.33 --reorder 0.33 --off-net 0.05)

strike() {
  ! is_long || pause 20
  struck
}

settle() {
  seen="$(number "$world/fleet.json" commands) commands from clients"
}

! is_long || load_s=20
