#!/bin/bash
# What an operator revokes stays revoked: live sessions end, old tokens are
# refused, also after kill -9, and newer ones are good.

# shellcheck source=tests/integration/common.bash
. "$(dirname "$0")/common.bash"

data=$work/data

# client NAME TOKEN: a websocket client that says hello and stays until it is
# closed. Its close code goes to $work/NAME, with what it heard before.
client() {
  python3 - "$node_port" "$2" >"$work/$1" 2>&1 <<'PYTHON' &
import base64, os, socket, struct, sys

wire = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
wire.sendall(b"GET /v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
             b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             b"Sec-WebSocket-Protocol: hansom.v1.json\r\n"
             b"Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16))
             + b"\r\n\r\n")
stream = wire.makefile("rb")
while stream.readline().strip():
    pass
hello = b'{"type":"hello","token":"%s"}' % sys.argv[2].encode()
wire.sendall(b"\x81\xfe" + struct.pack(">H", len(hello)) + b"\0\0\0\0" + hello)
while True:
    kind, size = stream.read(2)
    if size == 126:
        size, = struct.unpack(">H", stream.read(2))
    body = stream.read(size)
    if kind == 0x88:
        print("closed", struct.unpack(">H", body[:2])[0], flush=True)
        break
    print(body.decode(), flush=True)
PYTHON
  pids+=($!)
}

# heard NAME PATTERN: within 10 s.
heard() {
  local waited=0
  until grep -q -- "$2" "$work/$1"; do
    if [ "$waited" -ge 100 ]; then
      fail "client $1 did not hear '$2' but: $(head -c 400 "$work/$1")"
      return
    fi
    sleep 0.1
    waited=$((waited + 1))
  done
}

# token WORDS...: a development token.
token() {
  "$HANSOM" token --data "$data" "$@"
}

# look CODE PATTERN WORDS...: `hansom token WORDS` at the node.
look() {
  local code=$1 pattern=$2
  shift 2
  expect "$code" "$pattern" "$HANSOM" token "$@" --data "$data"
}

start_node "$data"
say "what cannot be revoked"
look 2 'user driver/7' revoke
look 2 '10m' revoke --user driver/7 --before soon
look 2 'driver/NUMBER' revoke --user dog/7
look 2 'future' revoke --user driver/7 --before 2099-01-01T00:00:00Z
look 0 '^name' revocations
token --role viewer >"$work/viewer"
look 4 'role operator' revoke --user driver/7 --token-file "$work/viewer"

say "two who are on line"
old=$(token --role driver --subject 7)
named=$(token --role rider --subject 8 --jti t1)
client old "$old"
client named "$named"
heard old '"welcome"'
heard named '"welcome"'
sleep 1.1 # A token counts by its second.
look 0 'Revoked, durably: driver/7' revoke --user driver/7 --reason stolen
look 0 '"name": "jti/t1"' revoke --jti t1 --json
look 0 'jti/t1' revoke --jti t1
heard old 'closed 4501'
heard named 'closed 4501'
look 0 '^driver/7 .* stolen' revocations
look 0 '"name": "driver/7"' revocations --json

# judge WHEN: the old tokens are refused, newer ones are good.
judge() {
  say "$1"
  client "old-$1" "$old"
  client "named-$1" "$named"
  client "new-$1" "$new"
  client "other-$1" "$(token --role rider --subject 8 --jti t2)"
  heard "old-$1" 'has been revoked'
  heard "old-$1" 'closed 4501'
  heard "named-$1" 'has been revoked'
  heard "new-$1" '"welcome"'
  heard "other-$1" '"welcome"'
}

sleep 1.1
new=$(token --role driver --subject 7)
judge now
kill -KILL "$node_pid"
wait "$node_pid" 2>/dev/null
start_node "$data"
judge after-kill
look 0 '^driver/7 .* stolen' revocations
look 0 'Revoked, durably: driver/9' revoke --user driver/9 --before 10m
stop_node
expect 0 '^PASS' "$HANSOM" check --data "$data"
verdict
