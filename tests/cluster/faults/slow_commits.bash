# shellcheck shell=bash disable=SC2034
about="every statement reaches the database 200 ms late"
stores="postgresql"
bound_ms=2000
slow_s=6
! is_long || slow_s=30
load_s=$((warm_s + slow_s + 2))
. "$cluster/lib/proxied.bash"

# middle FROM TO: the prober's median milliseconds between two moments.
middle() {
  awk -v from="$1" -v to="$2" \
    '$1 == "ack" && $2 >= from && $2 < to { print int(($3 - $2) / 1000) }' \
    "$world/probe" | sort -n | awk '{ x[NR] = $1 } END { print x[int((NR + 1) / 2)] + 0 }'
}

strike() {
  local began ended
  began=$(now_us)
  proxy delay 200
  struck
  mark
  pause "$slow_s"
  ended=$(now_us)
  proxy heal
  mark
  seen="a probe took $(middle 0 "$began") ms before, $(middle "$began" \
    "$ended") ms in the middle meanwhile"
  [ "$(middle "$began" "$ended")" -ge 200 ] || broken "it was not slow: $seen"
}
