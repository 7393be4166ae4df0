# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by faults of several nodes (those that say nodes=N): processes that form
# a cluster, each in a network namespace of its own, and what may befall them.
#
# lib/one has put this world into a namespace of its own: the bridge, the
# database, clients and proxies live there, and vanish with it. Where the kernel
# does not let us, all share 127.0.0.1 and faults of the network are skipped.

store_ip=10.77.0.2
wire_down=02:00:00:00:00:99 # Nobody's: frames to it are lost without a word.
# Members' own times; machines of two cores starve processes.
time_scale=${time_scale:-$([ "$(nproc)" -gt 2 ] && echo 1 || echo 3)}
dead_s=$((3 * time_scale)) # Nobody who was silent for so long lives on.
members=(A B C D)
members=("${members[@]:0:$nodes}")
declare -A member_place=() member_ip=() member_env=() member_program=()
# A little less patience than a lease is long.
probe_every_ms=250
probers=12
probes_as_planned() {
  probe_flags=(--drivers "$probers" --every-ms "$probe_every_ms" --silence
    $((2 * time_scale)))
}
probes_as_planned
client_heartbeat=2s
drain_s=90
drained=() # Milliseconds that nodes took to drain and end.
member_who= # Chosen by any_member.

# -- network ------------------------------------------------------------------

needs_network() {
  [ "$network" = own ] || skip "no network namespaces here (not root?)"
}

net_up() {
  [ "$network" = own ] || {
    say "no network namespaces here: all nodes on 127.0.0.1"
    return 0
  }
  # Its own address, which would change with the ports that come.
  ip link set lo up && ip link add name wire address 02:00:00:00:00:01 type \
    bridge forward_delay 0 &&
    ip addr add 10.77.0.1/24 dev wire && ip addr add "$store_ip/24" dev wire &&
    ip link set wire up || cannot "no bridge"
}

# place_up NAME: a namespace with one wire, or with none: then `wire_up` comes.
place_up() {
  local name=$1 pid waited=0
  member_ip[$name]=127.0.0.1
  [ "$network" = own ] || return 0
  unshare --net sleep infinity </dev/null >/dev/null 2>&1 &
  pid=$!
  remember "$pid"
  member_place[$name]=$pid
  until [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do
    [ "$waited" -lt 200 ] || cannot "no namespace for $name"
    sleep 0.02
    waited=$((waited + 1))
  done
  member_ip[$name]=10.77.0.$((10 + $(printf '%d' "'$name") - 64))
  inside "$name" ip link set lo up
  wire_up "$name"
}

# wire_up NAME: a fault may make another one of it.
wire_up() {
  ip link add "to$1" type veth peer name eth0 netns "${member_place[$1]}" ||
    cannot "no wire to $1"
  wire_connect "$1"
}

wire_connect() {
  ip link set "to$1" master wire up &&
    inside "$1" ip addr add "${member_ip[$1]}/24" dev eth0 &&
    inside "$1" ip link set eth0 up || cannot "the wire to $1 does not come up"
}

inside() {
  local name=$1
  shift
  nsenter -t "${member_place[$name]}" -n "$@"
}

ip_of() {
  case $1 in
  store) echo "$store_ip" ;;
  clients) echo 10.77.0.1 ;;
  *) echo "${member_ip[$1]}" ;;
  esac
}

# sever FROM TO: what FROM sends to TO is lost, without a word. FROM is a member;
# TO may be store or clients.
sever() {
  say "cut: $1 to $2"
  inside "$1" ip neigh replace "$(ip_of "$2")" lladdr "$wire_down" \
    nud permanent dev eth0 || cannot "cannot cut $1 from $2"
}

heal() {
  say "healed: $1 to $2"
  inside "$1" ip neigh del "$(ip_of "$2")" dev eth0 2>/dev/null
}

sever_both() {
  sever "$1" "$2"
  sever "$2" "$1"
}

heal_both() {
  heal "$1" "$2"
  heal "$2" "$1"
}

# -- members ------------------------------------------------------------------

# What a member needs beside what every node does.
node_more_flags() {
  local name=$1 ip=${member_ip[$1]}
  printf '%s\n' --set cluster.enabled=true --set "node.name=$name" \
    --set "cluster.address=$ip" --set "cluster.port=${member_mesh_port[$name]}" \
    --set "cluster.time_scale=$time_scale" \
    --set "cluster.expected_nodes=$nodes" --set "gateway.address=$ip" \
    --set "gateway.heartbeat=$client_heartbeat"
  [ -z "$with_tls" ] || tls_flags "$world/tls" "$name"
}

node_prefix() {
  [ -z "${member_place[$1]:-}" ] ||
    printf '%s\n' nsenter -t "${member_place[$1]}" -n
  # shellcheck disable=SC2086  # Words on purpose.
  [ -z "${member_env[$1]:-}" ] || printf '%s\n' ${member_env[$1]}
}

declare -A member_mesh_port=()

# member_make NAME: its place, ports, and the key that all have.
member_make() {
  place_up "$1"
  node_host[$1]=${member_ip[$1]}
  if [ "$network" = own ]; then
    node_port[$1]=7400 member_mesh_port[$1]=7500
  else
    mkdir -p "$world/ports/$1" "$world/ports/$1.mesh"
    node_port[$1]=$(port_of "$world/ports/$1")
    member_mesh_port[$1]=$(port_of "$world/ports/$1.mesh")
  fi
  [ -s "$world/key" ] || (umask 077 &&
    head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$world/key")
  mkdir -p "$world/$1"
  (umask 077 && cp "$world/key" "$world/$1/dev.key")
  [ -z "$with_tls" ] || certificate_make "$world/tls" "$1" 2>>"$world/log" ||
    cannot "no certificate for $1: $(tail -n 1 "$world/log")"
  client_urls+=("ws://${member_ip[$1]}:${node_port[$1]}/v1/ws")
}

prepare() {
  local name
  net_up
  [ "$network" != own ] || {
    postgres_settings+=("listen_addresses = '127.0.0.1,$store_ip'")
    postgres_net=10.77.0.0/24
    database_host=$store_ip
  }
  postgres_settings+=("max_connections = 200")
  [ -z "$with_tls" ] || authority_make "$world/tls" 2>>"$world/log" ||
    cannot "no authority: $(tail -n 1 "$world/log")"
  services_up
  [ "$network" != own ] || [ -z "$redis_wanted" ] || redis_reached
  migrate
  for name in "${members[@]}"; do
    member_make "$name"
  done
  members_up "${members[@]}"
  await_whole "$nodes"
  [ -z "$with_tls" ] || tls_spoken "${members[0]}"
}

# redis_reached: the members' Redis, at the database's address.
redis_reached() {
  local setting
  for setting in "protected-mode no" "bind 127.0.0.1 $store_ip"; do
    redis-cli -p "$redis_port" config set "${setting%% *}" "${setting#* }" |
      grep -q OK || cannot "Redis does not listen for members: $setting"
  done
  redis_host=$store_ip
}

# tls_spoken NAME: its port wants to see a certificate, and shows one.
tls_spoken() {
  local with=()
  [ "$network" != own ] || with=(inside "$1")
  "${with[@]}" timeout 5 openssl s_client -CAfile "$world/tls/ca.pem" \
    -cert "$world/tls/$1.pem" -key "$world/tls/$1.key" \
    -connect "${member_ip[$1]}:${member_mesh_port[$1]}" </dev/null 2>&1 |
    grep -q 'Verify return code: 0 (ok)' ||
    cannot "$1 does not speak TLS with the others"
  say "links speak TLS"
}

# members_up NAME...: starts all of them at once; each a few times, as who
# watches over processes would do.
members_up() {
  local name tries
  for name in "$@"; do
    node_launch "$name"
  done
  for name in "$@"; do
    for tries in 1 2 3; do
      ! node_await "$name" || continue 2
      say "node $name did not start: $(tail -n 1 "$world/node.log")"
      wait "${node_pid[$name]}" 2>/dev/null
      [ "$tries" = 3 ] || node_launch "$name"
    done
    cannot "node $name does not start: $(tail -n 1 "$world/node.log")"
  done
}

alive() {
  kill -0 "${node_pid[$1]}" 2>/dev/null &&
    ! grep -q '^State:.Z' "/proc/${node_pid[$1]}/status" 2>/dev/null
}

# any_member: one that lives, into member_who; the others into member_others.
any_member() {
  local name living=()
  for name in "${members[@]}"; do
    ! alive "$name" || living+=("$name")
  done
  member_who=${living[$((RANDOM % ${#living[@]}))]}
  member_others=()
  for name in "${living[@]}"; do
    [ "$name" = "$member_who" ] || member_others+=("$name")
  done
}

# member_ended NAME SECONDS: it has to end by itself; its exit code is in
# member_code.
member_ended() {
  local until=$((SECONDS + $2 * scale))
  while alive "$1" && [ "$SECONDS" -lt "$until" ]; do
    pause 0.1
  done
  if alive "$1"; then
    broken "node $1 did not end by itself within $(($2 * scale)) s"
    node_kill "$1"
    return 1
  fi
  member_code=0
  wait "${node_pid[$1]}" || member_code=$?
  say "node $1 has ended with exit code $member_code"
}

# revive: whoever has ended is started again, as by a supervisor.
revive() {
  local name ended=()
  for name in "${members[@]}"; do
    alive "$name" || {
      wait "${node_pid[$name]}" 2>/dev/null
      ended+=("$name")
    }
  done
  [ ${#ended[@]} = 0 ] || {
    say "started again: ${ended[*]}"
    members_up "${ended[@]}"
  }
}

# sql TEXT: the answer of the database; empty when it has none.
sql() {
  postgres_sql "$world/postgres" hansom "$1" 2>>"$world/log"
}

# How many are active, and how many shards have no active owner.
whole_sql="SELECT (SELECT count(*) FROM hansom.node WHERE status = 2) || ' ' ||
  (SELECT count(*) FROM hansom.node WHERE status IN (1, 3)) || ' ' ||
  (SELECT count(*) FROM hansom.shard s WHERE NOT EXISTS (SELECT 1 FROM
    hansom.node n WHERE n.incarnation = s.owner AND n.status IN (2, 3)))"

# await_whole N [SECONDS]: N are active, nobody joins or drains, every shard has
# an owner that lives.
await_whole() {
  local until=$((SECONDS + ${2:-40} * scale)) now=
  while [ "$SECONDS" -lt "$until" ]; do
    now=$(sql "$whole_sql")
    [ "$now" != "$1 0 0" ] || {
      say "whole: $1 nodes"
      return 0
    }
    pause 0.2
  done
  broken "not whole again after $((${2:-40} * scale)) s: active, others," \
    "shards without an owner are $now, not $1 0 0"
  return 1
}

# await_balanced N: N nodes have shards.
await_balanced() {
  local until=$((SECONDS + 60 * scale))
  while [ "$SECONDS" -lt "$until" ]; do
    [ "$(sql "SELECT count(DISTINCT owner) FROM hansom.shard WHERE owner <> 0")" \
      != "$1" ] || return 0
    pause 0.3
  done
  broken "not $1 nodes have shards after $((60 * scale)) s"
  return 1
}

# deaths: how many were declared dead so far.
deaths() {
  sql "SELECT count(*) FROM hansom.cluster_event WHERE kind = 'node.dead'"
}

# ask WORDS...: the command line, by way of a member that lives and is not the one
# that something befalls.
ask() {
  local name
  for name in "${members[@]}"; do
    if [ "$name" != "$member_who" ] && alive "$name" && grep -q "\"pid\":${node_pid[$name]}[,}]" \
      "${node_data[$name]}/node.json" 2>/dev/null; then
      timeout 60 "$hansom" "$@" --data "${node_data[$name]}" </dev/null \
        >>"$world/log" 2>&1
      return
    fi
  done
  return 1
}

# drain NAME: it gives away what it has and ends well.
drain() {
  say "drain $1"
  ask node drain "$1" --no-wait --confirm "$1" ||
    broken "drain of $1 was refused: $(tail -n 1 "$world/log")"
}

# under_load: whether clients still ask for rides.
under_load() {
  [ "$SECONDS" -lt "$load_until" ]
}

# -- judgement ----------------------------------------------------------------

# owned_times: milliseconds from each mark to the last takeover that followed,
# by the database's clock.
owned_times() {
  [ -s "$world/marks" ] || return 0
  sort -n "$world/marks" | awk '{
      ms = int($1 / 1000)
      if (NR > 1) printf "(%.0f,%.0f),", before, ms
      before = ms
    } END { printf "(%.0f,%.0f)", before, before + 120000 }' >"$world/spans"
  sql "SELECT max(e.at) - x.a FROM (VALUES $(cat "$world/spans")) x(a, b)
    JOIN hansom.cluster_event e ON e.kind = 'shards.claimed' AND e.at >= x.a
      AND e.at < x.b GROUP BY x.a"
}

# longest_gap: the longest that any of the prober's drivers had no answer, in ms.
longest_gap() {
  awk '$1 == "ack" {
    if ($5 in last && $3 - last[$5] > most) most = $3 - last[$5]
    last[$5] = $3
  } END { printf "%d\n", most / 1000 }' "$world/probe"
}

# move_pauses: for each shard that was moved while one of the prober's drivers was
# on it, how long that driver had no answer around the moment, beyond the time
# that he leaves between two commands; in ms.
move_pauses() {
  sql "SELECT e.id || ' ' || v.at FROM hansom.entity_state e
    JOIN hansom.cluster_event v ON v.kind = 'shard.moved'
      AND v.subject = 'shard/' || e.shard
    WHERE e.id BETWEEN 9000001 AND 9000000 + $probers ORDER BY v.at" |
    awk -v every="$probe_every_ms" '
      NR == FNR { moves[$1] = moves[$1] " " $2; next }
      $1 == "ack" {
        if ($5 in last) {
          count = split(moves[$5], at, " ")
          for (i = 1; i <= count; ++i)
            if (at[i] >= last[$5] / 1000 && at[i] < $3 / 1000) {
              pause = ($3 - last[$5]) / 1000 - every
              printf "%d\n", (pause > 0 ? pause : 0)
            }
        }
        last[$5] = $3
      }' - "$world/probe"
}

# offer_p99: how long the fleet's riders waited for the first offer, in ms, with
# all that the fault did to them.
offer_p99() {
  sed -n 's/.*"request_to_offer_ms":{[^}]*"p99":\([0-9]*\).*/\1/p' \
    "$world/fleet.json" 2>/dev/null
}

# What the end of all nodes tells: those that should live do. Then -9, since the
# store has to be right at any moment.
nodes_end() {
  local name
  owned_times >"$world/owned"
  echo "owned=$(tr '\n' ' ' <"$world/owned")" >>"$world/numbers"
  echo "pause=$(move_pauses | tr '\n' ' ')" >>"$world/numbers"
  echo "drained=${drained[*]}" >>"$world/numbers"
  echo "offer=$(offer_p99)" >>"$world/numbers"
  for name in "${members[@]}"; do
    if alive "$name"; then
      node_kill "$name"
    else
      broken "node $name had ended by itself: $(tail -n 1 "$world/node.log")"
    fi
  done
  database_host=
}

# await_link_rule A B: of two that cannot talk one drains and ends. Where the
# cut works one way only, TCP does not, and the same follows.
await_link_rule() {
  local until=$((SECONDS + 40 * scale))
  while alive "$1" && alive "$2" && [ "$SECONDS" -lt "$until" ]; do
    pause 0.2
  done
  if alive "$1" && alive "$2"; then
    broken "$1 and $2 cannot talk, and none of them has left"
  elif ! alive "$1" && ! alive "$2"; then
    broken "$1 and $2 have both ended"
  fi
}

# drained_end: whoever drains gets the time to end.
drained_end() {
  local until=$((SECONDS + 60 * scale))
  while [ "$(sql "SELECT count(*) FROM hansom.node WHERE status = 3")" != 0 ] &&
    [ "$SECONDS" -lt "$until" ]; do
    pause 0.3
  done
  pause 0.5
}
