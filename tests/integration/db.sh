#!/bin/bash
# `hansom db` and the settings that say where the store is: what is missing or
# wrong is named, with the right exit code, and a password is never printed.
#
#   HANSOM=build/dev/cluster/hansom tests/integration/db.sh

# shellcheck source=tests/integration/common.bash
. "$(dirname "$0")/common.bash"
# shellcheck source=deploy/services.sh
. "$(dirname "$0")/../../deploy/services.sh"

chmod 711 "$work" # The server's user passes through it.
leave_all() {
  [ ! -d "$work/postgres" ] || postgres_stop "$work/postgres" immediate
  leave
}
trap leave_all EXIT

in_pg=(--set store.engine=postgresql)
secret_word=open-sesame-4711

# hushed CODE PATTERN COMMAND...: as `expect`, and no password is in it.
hushed() {
  expect "$@"
  ! grep -q "$secret_word" "$work/said" ||
    fail "a password was printed: ${*:3}"
}

say "where is it?"
for verb in migrate status; do
  hushed 2 'store.engine is sqlite' "$HANSOM" db "$verb"
  hushed 1 'HANSOM_POSTGRES_URL.*store.postgres_url_file' \
    "$HANSOM" db "$verb" "${in_pg[@]}"
  hushed 1 'nowhere.*cannot be read' "$HANSOM" db "$verb" "${in_pg[@]}" \
    --set "store.postgres_url_file=$work/nowhere"
  : >"$work/empty"
  hushed 1 'first line is empty' "$HANSOM" db "$verb" "${in_pg[@]}" \
    --set "store.postgres_url_file=$work/empty"
  # A percent that begins no code: libpq's own message would quote all of it.
  HANSOM_POSTGRES_URL="postgresql://me:$secret_word%zz@127.0.0.1/x" \
    hushed 1 'malformed; expected for example' "$HANSOM" db "$verb" "${in_pg[@]}"
  HANSOM_POSTGRES_URL="host=127.0.0.1 password=$secret_word what=ever" \
    hushed 1 'malformed' "$HANSOM" db "$verb" "${in_pg[@]}"
  HANSOM_POSTGRES_URL="postgresql://me:$secret_word@127.0.0.1:1/x" \
    hushed 6 'refused' "$HANSOM" db "$verb" "${in_pg[@]}"
done
echo "postgresql://me:$secret_word@127.0.0.1:1/x" >"$work/url"
hushed 1 'refused' "$HANSOM" check "${in_pg[@]}" \
  --set "store.postgres_url_file=$work/url"
hushed 2 'store.engine' "$HANSOM" db status --set store.engine=mysql
hushed 0 'postgres_url_file' "$HANSOM" config show "${in_pg[@]}" \
  --set "store.postgres_url_file=$work/url"
HANSOM_POSTGRES_URL="postgresql://me:$secret_word@127.0.0.1:1/x" \
  hushed 0 'engine = "postgresql"' "$HANSOM" config show "${in_pg[@]}"

say "a server"
pg=$work/postgres
mkdir -p "$pg"
echo "$secret_word" >"$pg/password"
[ "$(id -u)" != 0 ] || chown -R postgres: "$pg"
if ! postgres_make "$pg" || ! postgres_start "$pg" ||
  ! postgres_database "$pg" hansom; then
  give_up "no PostgreSQL"
fi
HANSOM_POSTGRES_URL=$(postgres_url "$pg" hansom)
export HANSOM_POSTGRES_URL
hushed 1 'missing: hansom db migrate' "$HANSOM" db status "${in_pg[@]}"
hushed 1 'hansom db migrate' "$HANSOM" start "${in_pg[@]}" \
  --set store.migrate_at_start=false --data "$work/n" --port 0
hushed 0 'applied 1 first' "$HANSOM" db migrate "${in_pg[@]}"
hushed 0 'nothing to do' "$HANSOM" db migrate "${in_pg[@]}"
hushed 0 'applied$' "$HANSOM" db status "${in_pg[@]}"
hushed 0 '"name":"first","applied":true' "$HANSOM" db status --json \
  "${in_pg[@]}"
hushed 4 'archive_mode = off' "$HANSOM" backup --base --to "$work/base" \
  "${in_pg[@]}"
hushed 2 'embedded' "$HANSOM" backup --base --to "$work/base"
postgres_sql "$pg" hansom "UPDATE hansom.migration SET checksum = 1
  WHERE number = 2"
hushed 1 'not as this program knows it' "$HANSOM" db status "${in_pg[@]}"
hushed 1 'another form' "$HANSOM" db migrate "${in_pg[@]}"
HANSOM_POSTGRES_URL=${HANSOM_POSTGRES_URL/$secret_word/$secret_word-not}
hushed 6 'password authentication failed' "$HANSOM" db status "${in_pg[@]}"
verdict
