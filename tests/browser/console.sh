#!/bin/bash
# The web console in Chromium, with a node and a fleet behind it. Pictures of
# what was seen stay in $PICTURES (default build/browser in the clone).

# shellcheck source=tests/integration/common.bash
. "$(dirname "$0")/../integration/common.bash"
# shellcheck source=tests/browser/modules.bash
. "$(dirname "$0")/modules.bash"

data=$work/data
here=$(cd "$(dirname "$0")" && pwd)
export PICTURES=${PICTURES:-$here/../../build/browser}
mkdir -p "$PICTURES"

browser_modules || give_up "the browser's modules are missing"

token() {
  "$HANSOM" token --data "$data" --role "$1" --subject "$2"
}

say "a node and a fleet"
start_node "$data" --set positions.speed_max_m_s=700
"$HANSOM" fleet run --url "ws://127.0.0.1:$node_port/v1/ws" \
  --dev-key-file "$data/dev.key" --drivers 80 --riders 120 --compression 10 \
  --speed 35 --radius 2000 --hours 18-24 --requests-per-hour 1200 \
  --duration 0 >"$work/fleet.log" 2>&1 &
pids+=("$!")
for _ in $(seq 100); do
  "$HANSOM" actor ls --data "$data" --kind trip 2>/dev/null |
    grep -q '^trip/' && break
  sleep 0.2
done

say "the console"
VIEWER=$(token viewer 11) OPERATOR=$(token operator 12) DRIVER=$(token driver 1)
LINK=$("$HANSOM" console --data "$data" 2>/dev/null)
CONSOLE_URL=http://127.0.0.1:$node_port
export VIEWER OPERATOR DRIVER LINK CONSOLE_URL
node "$here/console.mjs" || fail "the console is not as it should be"

verdict
