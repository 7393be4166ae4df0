# shellcheck shell=bash disable=SC2034
about="the database connection passes nothing on and does not break"
stores="postgresql"
bound_ms=4000
silent_s=6
! is_long || silent_s=30
load_s=$((warm_s + silent_s + 4))
. "$cluster/lib/proxied.bash"

strike() {
  proxy blackhole
  struck
  pause "$silent_s"
  proxy heal
  mark
}
