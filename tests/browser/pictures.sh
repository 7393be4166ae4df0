#!/bin/bash
# Pictures of the console with a living city: tests/browser/pictures.sh FOLDER

# shellcheck source=tests/integration/common.bash
. "$(dirname "$0")/../integration/common.bash"
# shellcheck source=tests/browser/modules.bash
. "$(dirname "$0")/modules.bash"

[ $# = 1 ] || give_up "usage: tests/browser/pictures.sh FOLDER"
mkdir -p "$1" || exit 1
PICTURES=$(cd "$1" && pwd)
data=$work/data
here=$(cd "$(dirname "$0")" && pwd)
browser_modules || give_up "the browser's modules are missing"

start_node "$data"
"$HANSOM" fleet run --url "ws://127.0.0.1:$node_port/v1/ws" \
  --dev-key-file "$data/dev.key" --drivers "${DRIVERS:-500}" --riders 1500 \
  --hours 17-23 --requests-per-hour 3000 --duration 0 \
  >"$work/fleet.log" 2>&1 &
pids+=("$!")
say "the city fills"
sleep "${SETTLE:-60}"
LINK=$("$HANSOM" console --data "$data" 2>/dev/null)
CONSOLE_URL=http://127.0.0.1:$node_port
export LINK CONSOLE_URL PICTURES
node "$here/pictures.mjs" || fail "no pictures"
verdict
