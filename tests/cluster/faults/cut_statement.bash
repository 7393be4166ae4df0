# shellcheck shell=bash disable=SC2034
about="the database connection breaks in mid-statement, or before the answer"
stores="postgresql"
repeats=3
bound_ms=2000
times=10
! is_long || times=50
load_s=$((warm_s + times))
. "$cluster/lib/proxied.bash"

# cuts: how many the proxy has made.
cuts() {
  proxy stats
  tail -n 1 "$world/proxy.out" |
    awk '{ for (i = 1; i < NF; ++i) if ($i ~ /-cut$/) n += $(i + 1) } END { print n }'
}

strike() {
  local i before waited what
  for i in $(seq "$times"); do
    pause "$(random 200 900)"
    what=cut-request
    [ $((i % 2)) = 1 ] || what=cut-reply
    before=$(cuts)
    proxy "$what" 1
    waited=0
    until [ "$(cuts)" -gt "$before" ]; do
      [ "$waited" -lt 100 ] || cannot "there was no statement to cut"
      waited=$((waited + 1))
      sleep 0.02
    done
    mark
    struck
  done
}
