# shellcheck shell=bash
# Sourced by run: adds up the rows of repeated runs and prints them.

# row STORE FAULT REPEATS: "key=value" lines, one row of several runs.
row() {
  local i
  for i in $(seq "$3"); do
    cat "$rows/$2-$1-$i" 2>/dev/null || echo "broken=the run left no row"
  done | awk -F= -v fault="$2" -v store="$1" '
    function add(all, text, count, i, parts, j, x) {
      count = split(text, parts, " ")
      for (i = 1; i <= count; ++i) # Few: insertion will do.
        if (parts[i] ~ /^[0-9]+$/) {
          x = parts[i] + 0
          for (j = ++n[all]; j > 1 && took[all, j - 1] > x; --j)
            took[all, j] = took[all, j - 1]
          took[all, j] = x
        }
    }
    function of(all, share, i) {
      i = int(share * n[all] + 0.999999)
      return n[all] == 0 ? "" : took[all, i < 1 ? 1 : i]
    }
    {
      key = $1
      value = substr($0, length(key) + 2)
      if (key ~ /^(struck|acknowledged|found|terminal|doubled)$/)
        sum[key] += value
      else if (key == "peak_kb")
        peak = value > peak + 0 ? value + 0 : peak
      else if (key ~ /^(serve|owned|pause|drained|offer)$/)
        add(key, value)
      else if (key == "broken")
        broken = broken (broken == "" ? "" : "; ") value
      else
        last[key] = value
    }
    END {
      printf "fault=%s\nstore=%s\nstruck=%d\n", fault, store, sum["struck"]
      printf "acknowledged=%d\nfound=%d\n", sum["acknowledged"], sum["found"]
      printf "terminal=%d\ndoubled=%d\n", sum["terminal"], sum["doubled"]
      printf "lost=%d\n", sum["acknowledged"] - sum["found"]
      printf "serve_n=%d\nserve_p50=%s\nserve_p99=%s\nserve_max=%s\n", \
        n["serve"], of("serve", 0.5), of("serve", 0.99), of("serve", 1)
      count = split("owned pause drained offer", others, " ")
      for (i = 1; i <= count; ++i) {
        key = others[i]
        printf "%s_n=%d\n%s_p50=%s\n%s_p99=%s\n", key, n[key], key, \
          of(key, 0.5), key, of(key, 0.99)
      }
      printf "peak_mb=%d\nbound_ms=%s\n", peak / 1024, last["bound_ms"]
      printf "seen=%s\nbroken=%s\nskipped=%s\n", last["seen"], broken, \
        last["skipped"]
    }'
}

# each VISIT: calls it per row, with the row in the associative array `of`.
each() {
  local line store fault repeats key value
  declare -gA of
  for line in "${planned[@]}"; do
    read -r store fault repeats <<<"$line"
    of=()
    while IFS='=' read -r key value; do
      of[$key]=$value
    done < <(row "$store" "$fault" "$repeats")
    "$1"
  done
}

table_line() {
  printf '%-18s %-10s %5s %7s %7s %8s %7s %5s %9s %9s %9s %9s %6s %9s  %s\n' \
    "$@"
}

ms() {
  [ -z "$1" ] || printf '%d ms' "$1"
}

broken_rows=0
print_row() {
  local verdict=held
  [ -z "${of[broken]}" ] || verdict=BROKEN
  [ -z "${of[skipped]}" ] || verdict=skipped
  table_line "${of[fault]}" "${of[store]}" "${of[struck]}" \
    "${of[acknowledged]}" "${of[found]}" "${of[terminal]}" "${of[doubled]}" \
    "${of[lost]}" "$(ms "${of[serve_p50]}")" "$(ms "${of[serve_p99]}")" \
    "$(ms "${of[owned_p50]}")" "$(ms "${of[owned_p99]}")" "${of[peak_mb]}" "$(ms "${of[bound_ms]}")" "$verdict"
  [ -z "${of[seen]}" ] || echo "    ${of[seen]}"
  [ "${of[pause_n]}" = 0 ] || printf \
    '    %s moves of a shard: no answer for %s ms (p50), %s ms (p99)\n' \
    "${of[pause_n]}" "${of[pause_p50]}" "${of[pause_p99]}"
  [ "${of[offer_n]}" = 0 ] ||
    echo "    request to offer, p99 of the worst run: ${of[offer_p99]} ms"
  [ "$verdict" != skipped ] || echo "    ${of[skipped]}"
  [ "$verdict" != BROKEN ] || {
    echo "    ${of[broken]}"
    broken_rows=$((broken_rows + 1))
  }
}

table() {
  table_line fault store runs ack\'ed found terminal doubled lost \
    'serve p50' p99 'owned p50' p99 MB bound verdict
  each print_row
  if [ "$broken_rows" = 0 ]; then
    echo "PASS: ${#planned[@]} rows held, $SECONDS s"
  else
    echo "FAIL: $broken_rows of ${#planned[@]} rows broken, $SECONDS s;" \
      "logs: $HANSOM_FAILURES"
    return 1
  fi
}

json_text() {
  printf '"%s"' "$(sed 's/[\\"]/\\&/g' <<<"$1" | tr -d '\000-\037')"
}

print_json() {
  local key
  printf '%s{' "$separator"
  separator=,
  for key in fault store seen broken skipped; do
    printf '"%s":%s,' "$key" "$(json_text "${of[$key]}")"
  done
  for key in struck acknowledged found terminal doubled lost serve_n \
    serve_p50 serve_p99 serve_max owned_n owned_p50 owned_p99 pause_n pause_p50 \
    pause_p99 drained_n drained_p50 drained_p99 offer_n offer_p99 peak_mb \
    bound_ms; do
    printf '"%s":%s,' "$key" "${of[$key]:-null}"
  done
  printf '"held":%s}' "$([ -z "${of[broken]}" ] && echo true || echo false)"
}

table_json() {
  separator=
  printf '{"seed":%s,"length":"%s","rows":[' "$seed" "$length"
  each print_json
  printf ']}\n'
}
