# shellcheck shell=bash disable=SC2034
about="the node is stopped for a second (SIGSTOP), then goes on"
bound_ms=1000
times=3
! is_long || times=10
load_s=$((warm_s + 2 * times))

strike() {
  local i
  for i in $(seq "$times"); do
    pause "$(random 200 900)"
    kill -STOP "${node_pid[A]}"
    struck
    pause 1
    kill -CONT "${node_pid[A]}"
    mark
  done
}
