# shellcheck shell=bash disable=SC2034,SC2154
about="no fence: nodes forced down go on writing until they hear of it, and a judge has to see that"
stores="postgresql"
nodes=3
repeats=1
load_s=75
. "$cluster/lib/members.bash"
# Seconds between heartbeats: who is down does not hear of it for so long.
time_scale=6
probes_as_planned

# The database takes what writers of any epoch bring.
strike() {
  local i
  sql "DO \$do\$ DECLARE text text; spoiled text; BEGIN
    SELECT pg_get_functiondef(p.oid) INTO text FROM pg_proc p
      JOIN pg_namespace n ON n.oid = p.pronamespace
      WHERE n.nspname = 'hansom' AND p.proname = 'commit_batch';
    spoiled := replace(replace(text, 'AND s.epoch = f.epoch', ''),
                       'AND s.epoch = w.epoch', '');
    IF spoiled = text THEN RAISE 'the fence is not where it was'; END IF;
    EXECUTE spoiled; END \$do\$" || cannot "the fence cannot be taken out"
  for i in 1 2 3 4; do
    any_member
    if [ "$network" = own ]; then
      sever_both "$member_who" "${member_others[0]}"
      sever_both "$member_who" "${member_others[1]}"
    fi
    ask node down "$member_who" --confirm "$member_who" --reason "a test"
    struck
    await_whole 2
    member_ended "$member_who" 10
    if [ "$network" = own ]; then
      heal_both "$member_who" "${member_others[0]}"
      heal_both "$member_who" "${member_others[1]}"
    fi
    revive
    await_whole 3
  done
}

# It is right when a judge says that it is wrong.
after_judge() {
  local said
  said=$(grep -hE '^(hansom check:|clients saw|[0-9]+ acknowledged|[0-9]+ requests)' \
    "$world/broken" | paste -sd ';')
  rm -f "$world/broken"
  if [ -n "$said" ]; then
    seen="seen, as it should be: $said"
  else
    broken "writes without a fence, and no judge has seen anything"
  fi
}
