# shellcheck shell=bash disable=SC2034
about="clients ask without end and read 100 bytes a second"
bound_ms=1000
clients=10
for_s=10
! is_long || for_s=40
load_s=$((warm_s + for_s + 2))

# A cap that is met within seconds.
prepare() {
  services_up
  migrate
  node_start A --set gateway.outbound_bytes_max=65536
}

# worst_answer FROM TO: of the prober's commands between two moments, in ms.
worst_answer() {
  awk -v from="$1" -v to="$2" '$1 == "ack" && $2 >= from && $2 < to {
      if ($3 - $2 > worst) worst = $3 - $2 }
    END { printf "%d\n", worst / 1000 }' "$world/probe"
}

strike() {
  local before began ended closed late others
  before=$(metric A 'hansom_gateway_closes_total.code="4000"')
  mark
  began=$(now_us)
  "$tools/slow_reader" --url "ws://127.0.0.1:$client_port/v1/ws" \
    --dev-key-file "${node_data[A]}/dev.key" --clients "$clients" \
    --asks-per-s 200 \
    --seconds "$for_s" </dev/null >"$world/slow" 2>>"$world/log" ||
    broken "the slow clients did not get in: $(tail -n 1 "$world/log")"
  pause 1
  ended=$(now_us)
  struck
  closed=$(grep -c '^closed' "$world/slow")
  others=$(metric A 'hansom_gateway_closes_total.code="4000"')
  others=$((others - before))
  [ "$closed" = "$clients" ] ||
    broken "$((clients - closed)) of $clients slow clients were not closed"
  [ "$others" = "$clients" ] ||
    broken "$others connections were closed as slow, not $clients"
  late=$(worst_answer "$began" "$ended")
  [ "$late" -le $((bound_ms * scale)) ] ||
    broken "another client waited $late ms for an answer meanwhile"
  seen="closed after $(sort -k 2 -n "$world/slow" | sed -n \
    '1s/closed //p') to $(sort -k 2 -n "$world/slow" | sed -n \
    '$s/[a-z]* //p') ms; others waited $late ms at most"
}
