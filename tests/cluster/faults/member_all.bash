# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: all are killed at once and started again; then all are stopped politely and started again"
stores="postgresql"
nodes=3
repeats=2
load_s=40
. "$cluster/lib/members.bash"

strike() {
  local name began
  mark
  for name in "${members[@]}"; do
    node_kill "$name"
  done
  struck
  began=$(now_us)
  members_up "${members[@]}"
  await_whole 3
  seen="whole again $((($(now_us) - began) / 1000)) ms after -9"
  pause 2
  mark
  began=$(now_us)
  for name in "${members[@]}"; do
    kill -TERM "${node_pid[$name]}"
  done
  for name in "${members[@]}"; do
    member_ended "$name" 60
    [ "$member_code" = 0 ] || broken "node $name stopped with $member_code"
  done
  struck
  # Nobody is left to give shards to, and clients were told: no deadline passes.
  [ $(($(now_us) - began)) -le $((15000000 * scale)) ] ||
    broken "the nodes took $((($(now_us) - began) / 1000)) ms to stop"
  seen="$seen; all stopped in $((($(now_us) - began) / 1000)) ms"
  members_up "${members[@]}"
  await_whole 3
}
