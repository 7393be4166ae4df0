# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: one gets a fiftieth of a processor"
stores="postgresql"
nodes=3
repeats=2
load_s=28
bound_ms=4000
. "$cluster/lib/members.bash"

# A cgroup where one can be made, else stopped nine tenths of the time.
starve() {
  local group i
  group=/sys/fs/cgroup/cpu/hansom-fault.$$
  if mkdir "$group" 2>/dev/null; then
    echo "$group" >>"$world/cgroups"
    echo 100000 >"$group/cpu.cfs_period_us" &&
      echo 2000 >"$group/cpu.cfs_quota_us" &&
      echo "${node_pid[$1]}" >"$group/cgroup.procs" &&
      seen="by a cgroup" || cannot "no quota in $group"
    pause 12
    felt=$(sed -n 's/^nr_throttled //p' "$group/cpu.stat")
    [ "${felt:-0}" -gt 0 ] || broken "the node had enough with that"
    seen="$seen, held back $felt times"
    alive "$1" && echo -1 >"$group/cpu.cfs_quota_us"
    return 0
  fi
  seen="by stopping it nine tenths of the time"
  for i in $(seq 60); do
    kill -STOP "${node_pid[$1]}" 2>/dev/null
    pause 0.18
    kill -CONT "${node_pid[$1]}" 2>/dev/null
    pause 0.02
  done
}

strike() {
  any_member
  struck
  starve "$member_who"
  mark
  pause 2
  revive
  await_whole 3
  seen="$seen; $(deaths) were declared dead"
}
