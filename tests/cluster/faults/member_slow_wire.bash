# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: one is 200 ms (give or take 100) away from all and loses 5 % of its packets"
stores="postgresql"
nodes=3
repeats=1
load_s=30
acknowledged_min=20
. "$cluster/lib/members.bash"

# Half of it each way. Without netem a process of ours is the wire.
wire_up() {
  local waited=0
  if [ "$1" != C ]; then
    ip link add "to$1" type veth peer name eth0 netns "${member_place[$1]}" ||
      cannot "no wire to $1"
    wire_connect "$1"
    return
  fi
  [ -c /dev/net/tun ] || skip "no /dev/net/tun here"
  mkfifo "$world/wire.in"
  exec {wire_in}<>"$world/wire.in"
  "$tools/slow_wire" "to$1" "${member_place[$1]}" eth0 "$seed" \
    <"$world/wire.in" >"$world/wire.out" 2>>"$world/log" {wire_in}>&- &
  remember $!
  until grep -q ready "$world/wire.out"; do
    [ "$waited" -lt 100 ] || skip "no slow wire: $(tail -n 1 "$world/log")"
    pause 0.05
    waited=$((waited + 1))
  done
  wire_connect "$1"
}

strike() {
  needs_network
  echo "100 50 5" >&"$wire_in"
  struck
  pause $((load_s - 4))
  mark
  [ "$(deaths)" = 0 ] || broken "$(deaths) nodes were declared dead"
  seen="$(ping_ms) ms to it and back; nobody was declared dead"
  echo "0 0 0" >&"$wire_in"
}

# The fault has to be felt.
ping_ms() {
  local began ended
  began=$(now_us)
  http C /health/live >/dev/null
  ended=$(now_us)
  [ $((ended - began)) -gt 150000 ] || broken "the wire is not slow"
  echo $(((ended - began) / 1000))
}
