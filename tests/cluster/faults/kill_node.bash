# shellcheck shell=bash disable=SC2034
about="kill -9 of the node at random moments, started again at once"
repeats=10
bound_ms=1000
kills=20
load_s=26

strike() {
  local i
  for i in $(seq "$kills"); do
    pause "$(random 150 1500)"
    mark
    node_kill A
    struck
    node_start A
  done
}
