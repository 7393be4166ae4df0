# Sourced by the scripts beside it, after tests/integration/common.bash: a node
# with a living city, and the way into its console.
# shellcheck shell=bash
# shellcheck disable=SC2154  # Said by common.bash.

# live_city: a node with a fleet that has filled the city. Sets data.
#   DRIVERS=500, SETTLE=60 seconds
live_city() {
  data=$work/data
  start_node "$data"
  "$HANSOM" fleet run --url "ws://127.0.0.1:$node_port/v1/ws" \
    --dev-key-file "$data/dev.key" --drivers "${DRIVERS:-500}" --riders 1500 \
    --hours 17-23 --requests-per-hour 3000 --duration 0 \
    >"$work/fleet.log" 2>&1 &
  pids+=("$!")
  say "the city fills"
  sleep "${SETTLE:-60}"
}

# console_link: sets LINK, which logs in once, and CONSOLE_URL, of the node of
# the folder $data.
console_link() {
  LINK=$("$HANSOM" console --data "$data" 2>/dev/null | grep -o 'http[^ ]*')
  [ -n "$LINK" ] || give_up "no link to the console of $data"
  CONSOLE_URL=${LINK%%/console/*}
  export LINK CONSOLE_URL
}
