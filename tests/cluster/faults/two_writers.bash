# shellcheck shell=bash disable=SC2034
about="a stopped node wakes up after another has taken its store over"
bound_ms=2000
load_s=$((warm_s + 8))
stale_pid=

prepare() {
  services_up
  migrate
  node_start A
  proxy_up "${node_port[A]}"
  client_port=$proxy_port
}

# On one machine the folder's lock is the fence: the second is not let in.
refuse_second() {
  local said
  said=$(with_store timeout 20 "$hansom" start --data "${node_data[A]}" \
    --port 0 2>&1 </dev/null) &&
    broken "a second node started on the folder of a stopped one"
  seen="the second node said: $(tail -n 1 <<<"$said" | head -c 100)"
  kill -CONT "${node_pid[A]}"
  mark
}

take_over() {
  mkdir -p "$world/B"
  cp "$world/A/dev.key" "$world/B/"
  # A client that stays with the stopped node: what it asks arrives there when
  # the node wakes up, and must not get in.
  "$tools/prober" --url "ws://127.0.0.1:${node_port[A]}/v1/ws" \
    --dev-key-file "$world/A/dev.key" --driver 9000002 </dev/null \
    >"$world/stale" 2>>"$world/log" &
  stale_pid=$!
  remember "$stale_pid"
  pause 1
  kill -STOP "${node_pid[A]}"
  struck
  pause 0.5
  node_start B
  proxy to "127.0.0.1:${node_port[B]}"
  proxy cut
  mark
  pause 2
  taken=$(now_us)
  node_peak A
  kill -CONT "${node_pid[A]}"
  pause 3
}

strike() {
  if [ "$store" = sqlite ]; then
    kill -STOP "${node_pid[A]}"
    struck
    pause 0.5
    refuse_second
  else
    take_over
  fi
}

settle() {
  local got waited=0
  [ "$store" = postgresql ] || return 0
  got=$(awk -v taken="$taken" '$1 == "ack" && $3 >= taken { ++n }
    END { print n + 0 }' "$world/stale")
  [ "$got" = 0 ] || broken "the stale node acknowledged $got commands"
  kill -TERM "$stale_pid" 2>/dev/null
  while kill -0 "${node_pid[A]}" 2>/dev/null && [ "$waited" -lt $((100 * scale)) ]; do
    pause 0.1
    waited=$((waited + 1))
  done
  if kill -0 "${node_pid[A]}" 2>/dev/null; then
    broken "the stale node did not end by itself within $((10 * scale)) s"
    kill -TERM "${node_pid[A]}"
  fi
  wait "${node_pid[A]}" 2>/dev/null
  node_pid[A]=
  seen="the stale node ended by itself; $(awk '$1 != "ack"' "$world/stale" | wc -l) of \
its client's commands were refused or lost, none acknowledged"
}
