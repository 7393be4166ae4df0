# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: one has a wire of 1 Mbit/s, both ways"
stores="postgresql"
nodes=3
repeats=1
load_s=30
bound_ms=4000
. "$cluster/lib/members.bash"

strike() {
  needs_network
  tc qdisc add dev toC root tbf rate 1mbit burst 16kb latency 400ms &&
    inside C tc qdisc add dev eth0 root tbf rate 1mbit burst 16kb \
      latency 400ms || skip "no tbf in this kernel"
  struck
  pause 15
  felt=$(tc -s qdisc show dev toC |
    sed -n 's/.*overlimits \([0-9]*\).*/\1/p' | head -n 1)
  [ "${felt:-0}" -gt 0 ] || broken "the wire was never too thin"
  tc qdisc del dev toC root
  inside C tc qdisc del dev eth0 root
  mark
  revive
  await_whole 3
  seen="packets had to wait $felt times; $(deaths) were declared dead"
}
