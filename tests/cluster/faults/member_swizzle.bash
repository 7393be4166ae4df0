# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: wires between them are cut one by one and healed in another order"
stores="postgresql"
nodes=3
repeats=3
bound_ms=10000
load_s=60
. "$cluster/lib/members.bash"

shuffled() {
  local x
  for x in "$@"; do
    echo "$RANDOM $x"
  done | sort -n | cut -d ' ' -f 2-
}

strike() {
  local link ways=()
  needs_network
  mapfile -t ways < <(shuffled "A B" "B A" "A C" "C A" "B C" "C B")
  for link in "${ways[@]}"; do
    # shellcheck disable=SC2086  # Two names.
    sever $link
    struck
    pause "$(random 100 1500)"
  done
  mapfile -t ways < <(shuffled "${ways[@]}")
  for link in "${ways[@]}"; do
    # shellcheck disable=SC2086
    heal $link
    pause "$(random 100 1500)"
  done
  mark
  pause $((2 + dead_s))
  drained_end
  revive
  await_whole 3 60
  seen="$(deaths) were declared dead"
}
