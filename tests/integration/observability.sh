#!/bin/bash
# A city that is watched: Prometheus scrapes a node under a fleet, dashboards and
# rules name only what it shows, spans reach a collector, logs tell nothing of
# persons. Needs python3, prometheus and redis-server.

# shellcheck source=tests/integration/common.bash
. "$(dirname "$0")/common.bash"

here=$(cd "$(dirname "$0")" && pwd)
deploy=$here/../../deploy
data=$work/data
trace=4bf92f3577b34da6a3ce929d0e0e4736
for program in prometheus promtool redis-server python3; do
  command -v "$program" >/dev/null || give_up "$program is not installed"
done

# judge WORDS...: observability.py WORDS, which says what is wrong.
judge() {
  say "$1"
  python3 "$here/observability.py" "$@" || fail "$1: see above"
}

# wait_for FILE [WORDS]: that it is there, with the words in it; within 60 s.
wait_for() {
  local waited=0
  until grep -qs -- "${2:-}" "$1" || { [ -e "$1" ] && [ -z "${2:-}" ]; }; do
    [ "$waited" -lt 600 ] || give_up "$1 does not appear, or without ${2:-words}"
    sleep 0.1
    waited=$((waited + 1))
  done
}

say "rules and dashboards by themselves"
promtool check rules "$deploy"/prometheus/{rules,alerts}.yml >"$work/said" 2>&1 ||
  fail "promtool: $(cat "$work/said")"
promtool test rules "$deploy/prometheus/tests/alerts_test.yml" >"$work/said" 2>&1 ||
  fail "promtool: $(cat "$work/said")"
mkdir "$work/grafana"
"$deploy/grafana/generate" "$work/grafana"
for file in "$work"/grafana/*.json; do
  cmp -s "$file" "$deploy/grafana/${file##*/}" ||
    fail "${file##*/} differs: make it anew with deploy/grafana/generate"
done
judge expressions "$deploy" "$work/expressions.json"
promtool check rules "$work/expressions.json" >"$work/said" 2>&1 ||
  fail "promtool: $(cat "$work/said")"
# Who changes a rule should have to change its test.
sed 's/> 0.5$/> 5/' "$deploy/prometheus/alerts.yml" >"$work/alerts.yml"
cp "$deploy/prometheus/rules.yml" "$work/rules.yml"
mkdir "$work/tests"
cp "$deploy/prometheus/tests/alerts_test.yml" "$work/tests"
promtool test rules "$work/tests/alerts_test.yml" >/dev/null 2>&1 &&
  fail "a broken alert passes its test"

redis-server --port 0 --unixsocket "$work/redis.sock" --save "" \
  --appendonly no --daemonize no >"$work/redis.log" 2>&1 &
pids+=($!)
python3 "$here/otlp_receiver.py" "$work/otlp.port" "$work/spans" \
  2>"$work/otlp.log" &
pids+=($!)
wait_for "$work/otlp.port"
wait_for "$work/redis.sock"
printf '# a key\nX-Key: sesame\n' >"$work/headers"

start_node "$data" --set "redis.url=unix://$work/redis.sock" \
  --set positions.speed_max_m_s=700 --set gateway.commands_per_s=0 \
  --set gateway.positions_per_s=0 --set gateway.handshakes_per_s=0 \
  --set log.format=json --set tracing.sample_ratio=0.5 \
  --set "tracing.endpoint=http://127.0.0.1:$(cat "$work/otlp.port")/v1/traces" \
  --set "tracing.headers_file=$work/headers" --set tracing.flush_every=200ms

sed -e "s/127.0.0.1:7400/127.0.0.1:$node_port/" \
  -e 's/_interval: .*/_interval: 1s/' "$deploy/prometheus/prometheus.yml" \
  >"$work/prometheus.yml"
sed 's/interval: 15s/interval: 1s/' "$deploy/prometheus/rules.yml" >"$work/rules.yml"
cp "$deploy/prometheus/alerts.yml" "$work/alerts.yml"
prometheus --config.file="$work/prometheus.yml" \
  --web.listen-address=127.0.0.1:0 \
  --storage.tsdb.path="$work/series" >"$work/prometheus.log" 2>&1 &
pids+=($!)
# It chooses a port that is free, and says which.
wait_for "$work/prometheus.log" 'Listening on'
prometheus_port=$(sed -n 's/.*"Listening on".*:\([0-9]*\)$/\1/p' \
  "$work/prometheus.log" | head -n 1)

say "a fleet"
"$HANSOM" fleet run --url "ws://127.0.0.1:$node_port/v1/ws" \
  --dev-key-file "$data/dev.key" --drivers 40 --riders 100 --seed 7 \
  --compression 10 --speed 35 --radius 1500 --hours 18-24 \
  --requests-per-hour 2000 --duration 14 --drain 120 --rider-cancel 0.08 \
  >"$work/fleet.log" 2>&1 &
fleet_pid=$!
pids+=("$fleet_pid")

# One command with a trace of the client's own, which half the sampling must not
# lose.
python3 - "$node_port" "$trace" \
  "$("$HANSOM" token --data "$data" --role rider --subject 99001)" \
  >"$work/client" 2>&1 <<'PYTHON'
import base64, json, os, socket, struct, sys

port, trace, token = sys.argv[1:]
wire = socket.create_connection(("127.0.0.1", int(port)), 20)
wire.sendall(b"GET /v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
             b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             b"Sec-WebSocket-Protocol: hansom.v1.json\r\n"
             b"Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)) + b"\r\n\r\n")
stream = wire.makefile("rb")
while stream.readline().strip():
    pass


def send(x):
    body = json.dumps(x).encode()
    wire.sendall(b"\x81\xfe" + struct.pack(">H", len(body)) + b"\0\0\0\0" + body)


def hear():
    kind, size = stream.read(2)
    if size == 126:
        size, = struct.unpack(">H", stream.read(2))
    return json.loads(stream.read(size))


send({"type": "hello", "token": token})
print(hear()["type"])
where = {"lat": 40.758, "lon": -73.9855}
for flags in "01", "00":  # The second says that it is not recorded.
    span = "00f067aa0ba902b7" if flags == "01" else "00f067aa0ba902b8"
    send({"type": "quote", "id": "q" + flags, "pickup": where,
          "dropoff": {"lat": 40.73, "lon": -73.99},
          "traceparent": f"00-{trace}-{span}-{flags}"})
    print(hear()["type"])
send({"type": "quote", "id": "bad", "pickup": where, "dropoff": where,
      "traceparent": "00-nonsense"})
print(hear()["where"])
PYTHON
[ "$(tr '\n' ' ' <"$work/client")" = "welcome quote quote /traceparent " ] ||
  fail "the client heard: $(cat "$work/client")"

fleet_status=0
wait "$fleet_pid" || fleet_status=$?
[ "$fleet_status" = 0 ] || fail "the fleet ended with $fleet_status: $(tail -n 5 "$work/fleet.log")"
curl -s "http://127.0.0.1:$node_port/metrics" >"$work/metrics"
promtool check metrics <"$work/metrics" >"$work/said" 2>&1
# The one thing it says of ours: a gauge of a distribution may have le.
grep -v 'hansom_cells_by_surge' "$work/said" | grep . &&
  fail "promtool finds fault with the metrics"
judge metrics "$work/metrics" "$deploy"
"$deploy/metrics_table" <"$work/metrics" >"$work/METRICS.md" ||
  fail "names of metrics: see above"
cmp "$work/METRICS.md" "$deploy/METRICS.md" || {
  diff "$work/METRICS.md" "$deploy/METRICS.md" | head -n 10
  fail "deploy/METRICS.md is not what the node shows; see deploy/metrics_table"
  [ -z "${METRICS_OUT:-}" ] || cp "$work/METRICS.md" "$METRICS_OUT"
}
judge prometheus "http://127.0.0.1:$prometheus_port"
stop_node
sleep 8 # Prometheus looks for it in vain.
judge recorded "http://127.0.0.1:$prometheus_port" "$(cd "$deploy" && pwd)" \
  "$work/recorded.json"
promtool test rules "$work/recorded.json" >"$work/said" 2>&1 ||
  fail "the alerts on what was recorded: $(head -n 30 "$work/said")"
[ ! -s "$work/otlp.log" ] || fail "the collector: $(head -n 3 "$work/otlp.log")"
# A collector on a busy machine may also be late by itself.
put_off=$(sed -n 's/^hansom_tracing_export_failures_total //p' "$work/metrics")
[ "${put_off:-0}" -ge 2 ] ||
  fail "the exporter was put off twice, and says: $(grep '^hansom_tracing' "$work/metrics")"
judge traces "$work/spans" "$trace"
judge logs "$work/node.log"
verdict
