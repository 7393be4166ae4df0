#!/bin/bash
# Sourced by deploy/run and tests/cluster: a private PostgreSQL and a private
# Redis, each in a folder of its own, on 127.0.0.1 and a free port that stays
# the folder's. Nothing here touches a server of the machine.
#
#   postgres_make DIR [SETTING...]  a new cluster; a no-op when it exists
#   postgres_start DIR              returns once it accepts; sets postgres_port
#   postgres_stop DIR MODE          smart, fast or immediate
#   postgres_database DIR DATABASE  made unless it exists
#   postgres_url DIR DATABASE       the owner's connection string, for migrations
#   postgres_node_url DIR DATABASE  a node's, which may not change the schema;
#                                   after the migrations
#   postgres_sql DIR DATABASE SQL   as the owner
#   redis_start DIR                 returns once it answers; sets redis_port
#   redis_stop DIR
#
# Each returns 1 and says why when it cannot.
# shellcheck disable=SC2034  # Ports are for those who source this.

services_wait_s=30

# What a server that is written to all the time should have beside its defaults:
# room in memory, pages that go into its log compressed, and old segments of the
# log kept to be written again, since making a new one holds up a commit.
postgres_for_load=("shared_buffers = 512MB" "wal_compression = lz4"
  "min_wal_size = 2GB" "wal_buffers = 64MB" "checkpoint_timeout = 15min")

postgres_port=
redis_port=

# port_free PORT: whether nobody listens there.
port_free() {
  ! (: 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# port_of DIR: the folder's port, chosen once. Below the range that the kernel
# gives to clients, so that none of them sits there after a restart.
port_of() {
  local port tries
  if [ ! -s "$1/port" ]; then
    for tries in $(seq 50); do
      port=$((15000 + RANDOM % 15000))
      port_free "$port" && break
    done
    echo "$port" >"$1/port"
  fi
  cat "$1/port"
}

postgres_bin() {
  local found
  found=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null |
    sort -V | tail -n 1)
  [ -n "$found" ] || {
    echo "no PostgreSQL here; on Debian: apt-get install postgresql" >&2
    return 1
  }
  echo "$found"
}

# The server refuses to run as root, and is made by the package to run as
# postgres.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then
    (cd / && exec runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

# postgres_make DIR [SETTING...]: settings as in postgresql.conf.
postgres_make() {
  local dir=$1 bin port
  shift
  [ ! -s "$dir/server/PG_VERSION" ] || return 0
  bin=$(postgres_bin) || return 1
  mkdir -p "$dir" || return 1
  [ "$(id -u)" != 0 ] || chown postgres: "$dir"
  as_postgres test -w "$dir" || {
    echo "user postgres cannot write in $dir: it, and all folders above it," \
      "must be open to him" >&2
    return 1
  }
  port=$(port_of "$dir")
  secret "$dir/password" >/dev/null
  as_postgres "$bin/initdb" -D "$dir/server" -U postgres -A scram-sha-256 \
    --pwfile="$dir/password" -E UTF8 --locale=C.UTF-8 --no-sync \
    >"$dir/initdb.log" 2>&1 || {
    tail -n 5 "$dir/initdb.log" >&2
    return 1
  }
  {
    # No unix socket: the path of a deep folder would be too long for one.
    printf '%s\n' "port = $port" "listen_addresses = '127.0.0.1'" \
      "unix_socket_directories = ''" "fsync = on" "synchronous_commit = on" \
      "full_page_writes = on" "max_connections = 60" "max_wal_size = 4GB" \
      "checkpoint_timeout = 15min" "log_min_messages = warning" "$@"
  } | as_postgres tee -a "$dir/server/postgresql.conf" >/dev/null
}

postgres_start() {
  local dir=$1 bin
  bin=$(postgres_bin) || return 1
  postgres_port=$(port_of "$dir")
  as_postgres "$bin/pg_ctl" -D "$dir/server" -l "$dir/server/log" \
    -w -t "$services_wait_s" start </dev/null >"$dir/pg_ctl.log" 2>&1 || {
    tail -n 3 "$dir/pg_ctl.log" "$dir/server/log" >&2
    return 1
  }
}

postgres_stop() {
  local dir=$1 mode=$2 bin
  [ -s "$dir/server/postmaster.pid" ] || return 0
  bin=$(postgres_bin) || return 1
  as_postgres "$bin/pg_ctl" -D "$dir/server" -m "$mode" -w \
    -t "$services_wait_s" stop </dev/null >"$dir/pg_ctl.log" 2>&1
}

# secret FILE: made once, for us and the server's user alone.
secret() {
  [ -s "$1" ] || {
    (umask 077 && head -c 18 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$1")
    [ "$(id -u)" != 0 ] || chown postgres: "$1"
  }
  cat "$1"
}

# postgres_url DIR DATABASE [PORT]: by another port when a proxy stands between.
postgres_url() {
  echo "postgresql://postgres:$(secret "$1/password")@127.0.0.1:${3:-$(port_of "$1")}/$2"
}

postgres_node_url() {
  echo "postgresql://hansom_here:$(secret "$1/node-password")@127.0.0.1:${3:-$(port_of "$1")}/$2"
}

# postgres_node_role DIR DATABASE: the login that a node uses; rights come from
# the role that the migrations made.
postgres_node_role() {
  postgres_sql "$1" "$2" "DO \$\$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hansom_here') THEN
      CREATE ROLE hansom_here LOGIN PASSWORD '$(secret "$1/node-password")'
        IN ROLE hansom_node;
    END IF; END \$\$"
}

postgres_database() {
  [ "$(postgres_sql "$1" postgres \
    "SELECT 1 FROM pg_database WHERE datname = '$2'")" = 1 ] ||
    postgres_sql "$1" postgres "CREATE DATABASE $2"
}

postgres_sql() {
  local bin
  bin=$(postgres_bin) || return 1
  # Command lines are for all to read, environments are not.
  PGPASSWORD=$(secret "$1/password") PGCONNECT_TIMEOUT=5 "$bin/psql" -X -q -At \
    -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$(port_of "$1")" -U postgres \
    -d "$2" -c "$3" </dev/null
}

# redis_answers PORT: whether it says PONG.
redis_answers() {
  local line=
  {
    printf 'PING\r\n' >&3 && IFS= read -r -t 2 line <&3
  } 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$1"
  [ "${line%$'\r'}" = "+PONG" ]
}

redis_start() {
  local dir=$1 tries
  command -v redis-server >/dev/null || {
    echo "no Redis here; on Debian: apt-get install redis-server" >&2
    return 1
  }
  mkdir -p "$dir" || return 1
  redis_port=$(port_of "$dir")
  # What it holds can be rebuilt; nothing is kept over a restart.
  redis-server --port "$redis_port" --bind 127.0.0.1 --dir "$dir" --save '' \
    --appendonly no --pidfile "$dir/redis.pid" --daemonize yes \
    --logfile "$dir/redis.log" </dev/null >/dev/null 2>&1 || return 1
  for tries in $(seq $((services_wait_s * 20))); do
    ! redis_answers "$redis_port" || return 0
    sleep 0.05
  done
  tail -n 3 "$dir/redis.log" >&2
  return 1
}

redis_stop() {
  local dir=$1 pid tries
  pid=$(cat "$dir/redis.pid" 2>/dev/null) || return 0
  # A pid is used again one day; this one must be ours still.
  grep -q "redis-server" "/proc/$pid/cmdline" 2>/dev/null || return 0
  kill -TERM "$pid" 2>/dev/null
  for tries in $(seq 100); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.05
  done
  kill -KILL "$pid" 2>/dev/null
}
