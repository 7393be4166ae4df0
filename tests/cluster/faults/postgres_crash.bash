# shellcheck shell=bash disable=SC2034
about="PostgreSQL crashes (immediate stop), is started again"
stores="postgresql"
repeats=3
bound_ms=2000 # After it accepts again.
times=2
! is_long || times=5
load_s=$((warm_s + 6 * times))

strike() {
  local i
  for i in $(seq "$times"); do
    pause "$(random 200 1500)"
    postgres_stop "$world/postgres" immediate || broken "it did not stop"
    struck
    postgres_start "$world/postgres" || cannot "PostgreSQL did not come back"
    mark
  done
}
