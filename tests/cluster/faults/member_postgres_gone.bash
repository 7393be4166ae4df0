# shellcheck shell=bash disable=SC2034,SC2154
about="three nodes: their database crashes, then is gone for a while: nobody dies of it"
stores="postgresql"
nodes=3
bound_ms=2000 # After it accepts again.
gone_s=10
! is_long || gone_s=60
load_s=$((16 + gone_s))
. "$cluster/lib/members.bash"
probe_flags=(--drivers "$probers" --every-ms "$probe_every_ms")

# owners: who owns what, under which epoch.
owners() {
  sql "SELECT md5(string_agg(shard || ' ' || owner || ' ' || epoch, ','
    ORDER BY shard)) FROM hansom.shard"
}

# back: the database accepts again, and all is as it was.
back() {
  postgres_start "$world/postgres" || cannot "PostgreSQL did not come back"
  mark
  await_whole 3
}

strike() {
  local before
  await_balanced 3
  before=$(owners)
  pause "$(random 200 1500)"
  postgres_stop "$world/postgres" immediate || broken "it did not stop"
  struck
  back
  pause 4
  postgres_stop "$world/postgres" fast || broken "it did not stop"
  struck
  pause "$gone_s"
  back
  pause 3
  [ "$(deaths)" = 0 ] || broken "$(deaths) nodes were declared dead"
  [ "$(owners)" = "$before" ] || broken "shards have changed hands"
}

settle() {
  [ "$(told_to_return)" -gt 0 ] || broken "nobody was told to come back later"
  seen="$(told_to_return) times told to come back"
}
