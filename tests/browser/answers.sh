#!/bin/bash
# shellcheck disable=SC2154  # Said by what is sourced.
# How long the console and the command line take to answer the questions of the
# README, with a living city behind them: a table of each.
#
#   tests/browser/answers.sh          of a node and a fleet of its own
#   tests/browser/answers.sh DATA     of the node of that data folder, such as
#                                     build/cluster-data/n1 of deploy/cluster
#
# Environment: RUNS=7 of each question; DRIVERS=500 and SETTLE=60 seconds of a
# fleet of its own.

runs=${RUNS:-7}
# shellcheck source=tests/integration/common.bash
. "$(dirname "$0")/../integration/common.bash"
# shellcheck source=tests/browser/modules.bash
. "$(dirname "$0")/modules.bash"
# shellcheck source=tests/browser/city.bash
. "$(dirname "$0")/city.bash"

here=$(cd "$(dirname "$0")" && pwd)
browser_modules || give_up "the browser's modules are missing"

data=${1:-}
[ -n "$data" ] || live_city

say "in the browser"
console_link
PICTURES=$work RUNS=$runs
export PICTURES RUNS
node "$here/answers.mjs" || fail "the console does not answer"

# now_ms: of a clock with microseconds.
now_ms() {
  echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# time_of WORDS...: a row of the table; the verb must end well.
time_of() {
  local took=() began i
  for ((i = 0; i < runs; ++i)); do
    began=$(now_ms)
    timeout 20 "$HANSOM" "$@" --data "$data" </dev/null >"$work/said" 2>&1 ||
      fail "exit code $?: $*: $(head -n 1 "$work/said")"
    took+=("$(($(now_ms) - began))")
  done
  mapfile -t took < <(printf '%s\n' "${took[@]}" | sort -n)
  # shellcheck disable=SC2016  # For Markdown, not for the shell.
  printf '| `hansom %s` | %d ms | %d ms |\n' "$*" "${took[runs / 2]}" \
    "${took[runs - 1]}"
}

say "in the terminal"
"$HANSOM" trip ls --data "$data" --limit 1000 >"$work/trips" 2>/dev/null
# Of one without a driver if there is one: ID PHASE CELL RIDER DRIVER.
read -r trip _ _ rider _ < <(
  awk '$4 ~ /^[0-9]+$/ { if ($5 !~ /^[0-9]+$/) late = $0; any = $0 }
    END { print late == "" ? any : late }' "$work/trips"
)
# busiest KIND: one who has something to tell.
busiest() {
  "$HANSOM" actor ls --data "$data" --kind "$1" --sort rate --limit 1 \
    2>/dev/null | grep -o "^$1/[0-9a-f]*"
}
driver=$(busiest driver)
cell=$(busiest cell)
printf '\n| command | median | slowest |\n|---|---|---|\n'
time_of actor show "$driver"
time_of actor tail "$cell" --messages 1 --seconds 15
time_of actor top --rounds 1
time_of actor stuck
time_of trip ls --rider "$rider"
time_of trip why "$trip"
time_of actor trace "$trip"
time_of cell ls
time_of status
# A node that is alone has no nodes to list.
! "$HANSOM" node ls --data "$data" >/dev/null 2>&1 || time_of node ls
time_of events
echo
verdict
