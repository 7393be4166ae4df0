# shellcheck shell=bash
# Sourced by lib/one: what became of the promises, and the numbers of a row.

# number FILE NAME: of a JSON file, without a parser.
number() {
  sed -n "s/.*\"$2\":\([0-9][0-9]*\).*/\1/p" "$1" 2>/dev/null | head -n 1
}

# serve_times: milliseconds from each mark until each of the prober's drivers had
# an answer to a command that was sent after it; "never" when one had none.
serve_times() {
  [ -s "$world/marks" ] || return 0
  awk '
    NR == FNR { mark[++marks] = $1; next }
    $1 == "ack" {
      for (i = first[$5] + 1; i <= marks && mark[i] <= $2; ++i) {
        took = ($3 - mark[i]) / 1000
        if (took > worst[i]) worst[i] = took
        first[$5] = i
      }
    }
    END {
      for (i = 1; i <= marks; ++i) {
        never = length(first) == 0
        for (driver in first)
          if (first[driver] < i) never = 1
        if (never) print "never"; else printf "%d\n", worst[i]
      }
    }' <(sort -n "$world/marks") "$world/probe"
}

# probes WHAT: how many of the prober's commands ended so.
probes() {
  awk -v what="$1" '$1 == what { ++n } END { print n + 0 }' "$world/probe"
}

# answered FROM TO: acknowledgements that the prober got between two moments.
answered() {
  awk -v from="$1" -v to="$2" '$1 == "ack" && $3 >= from && $3 < to { ++n }
    END { print n + 0 }' "$world/probe"
}

# told_to_return: answers `store.unavailable` that clients and prober got.
told_to_return() {
  local fleet
  fleet=$(number "$world/fleet.json" store.unavailable)
  echo $((${fleet:-0} + $(awk '$4 == "store.unavailable" { ++n }
    END { print n + 0 }' "$world/probe")))
}

# check_store: holds the stopped store against the clients' history.
check_store() {
  local flags ended=0
  mapfile -t flags < <(store_flags)
  (database_port=$postgres_port && with_store timeout 120 "$hansom" check \
    --data "${node_data[A]}" --history "$world/history" --json "${flags[@]}" \
    "${check_flags[@]}") \
    >"$world/check.json" 2>"$world/check.err" </dev/null || ended=$?
  case $ended in
  0) ;;
  1) broken "hansom check: $(grep -o \
    '"name":"[^"]*","meaning":"[^"]*","checked":[0-9]*,"broken":[1-9][0-9]*,"examples":\["[^"]*"' \
    "$world/check.json" | sed 's/"name":"\([^"]*\)".*examples":\[/\1: /' |
    head -n 1)$(tail -n 1 "$world/check.err")" ;;
  *) broken "hansom check ended with exit code $ended: $(tail -n 1 \
    "$world/check.err")" ;;
  esac
}

# nodes_end: before the store is judged.
nodes_end() {
  local name
  for name in "${!node_pid[@]}"; do
    [ -z "${node_pid[$name]}" ] || node_stop "$name"
  done
}

judge() {
  local acknowledged found terminal doubled worst peak
  nodes_end
  check_store
  acknowledged=$(number "$world/check.json" requests_acknowledged)
  found=$(number "$world/check.json" requests_found)
  terminal=$(number "$world/check.json" requests_terminal)
  doubled=$(number "$world/check.json" requests_doubled)
  printf '%s\n' "acknowledged=${acknowledged:=0}" "found=${found:=0}" \
    "terminal=${terminal:=0}" "doubled=${doubled:=0}" >>"$world/numbers"
  [ "$acknowledged" -ge "$acknowledged_min" ] ||
    broken "only $acknowledged requests were acknowledged, which proves little"
  [ "$found" = "$acknowledged" ] ||
    broken "$((acknowledged - found)) acknowledged requests are lost"
  [ "$terminal" = "$acknowledged" ] ||
    broken "$((acknowledged - terminal)) acknowledged requests have no end"
  [ "$doubled" = 0 ] || broken "$doubled requests took effect twice"
  serve_times >"$world/serve"
  ! grep -q never "$world/serve" || broken "it never served again"
  worst=$(grep -v never "$world/serve" | sort -n | tail -n 1)
  [ -z "$bound_ms" ] || [ "${worst:-0}" -le $((bound_ms * scale)) ] ||
    broken "served again after $worst ms, allowed are $((bound_ms * scale))"
  peak=$(sort -n "$world/peaks" | tail -n 1)
  [ "${peak:-0}" -le $((rss_max_mb * 1024)) ] ||
    broken "a node took $((peak / 1024)) MB, allowed are $rss_max_mb"
}

# finish: the row, for `run` to add up, and the end.
finish() {
  local code=0
  [ ! -s "$world/broken" ] || code=1
  {
    echo "about=$about"
    echo "struck=$(cat "$world/struck" 2>/dev/null | wc -l)"
    cat "$world/numbers" 2>/dev/null
    echo "serve=$(cat "$world/serve" 2>/dev/null | tr '\n' ' ')"
    echo "peak_kb=$(sort -n "$world/peaks" 2>/dev/null | tail -n 1)"
    echo "bound_ms=${bound_ms:+$((bound_ms * scale))}"
    sed 's/^/broken=/' "$world/broken" 2>/dev/null
    sed 's/^/skipped=/' "$world/skipped" 2>/dev/null
    [ -z "$seen" ] || echo "seen=$seen"
  } >"$row"
  if [ "$code" != 0 ] && [ -n "$failures_kept" ]; then
    mkdir -p "$failures_kept/$fault-$store-$seed"
    cp -f "$world"/{log,node.log,fleet.log,check.json,probe,marks,broken} \
      "$failures_kept/$fault-$store-$seed/" 2>/dev/null
  fi
  status=$code
  exit
}
