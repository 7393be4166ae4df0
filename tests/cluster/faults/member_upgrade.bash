# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: one by one to a build that speaks a newer protocol, and back, under load"
stores="postgresql"
nodes=3
repeats=1
load_s=150
. "$cluster/lib/members.bash"

# replace PROGRAM: each node in turn drains, ends and comes back as that build.
replace() {
  local name
  for name in "${members[@]}"; do
    kill -TERM "${node_pid[$name]}"
    member_ended "$name" 60 || return
    [ "$member_code" = 0 ] || broken "node $name stopped with $member_code"
    node_program[$name]=$1
    members_up "$name"
    struck
    await_whole 3
  done
}

spoken() {
  sql "SELECT string_agg(DISTINCT protocol_min || '-' || protocol_max || ' of ' ||
    app_version, ', ') FROM hansom.node WHERE status = 2"
}

strike() {
  local next=${hansom}_next now
  [ -x "$next" ] || skip "no $next; build the target hansom_next"
  now=$(spoken)
  replace "$next"
  seen="from $now to $(spoken)"
  [ "$(spoken)" != "$now" ] || broken "both builds speak the same"
  await_balanced 3
  replace "$hansom"
  seen="$seen and back to $(spoken)"
}

settle() {
  seen="$seen; longest silence for a driver $(longest_gap) ms"
  [ "$(deaths)" = 0 ] || broken "$(deaths) nodes were declared dead"
}
