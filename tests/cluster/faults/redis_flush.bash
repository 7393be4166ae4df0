# shellcheck shell=bash disable=SC2034
about="FLUSHALL in Redis"
. "$cluster/lib/with_redis.bash"
load_s=$((warm_s + 6))

strike() {
  local i
  index_back
  for i in 1 2 3; do
    redis FLUSHALL >/dev/null || cannot "Redis does not answer"
    struck
    mark
    index_back
  done
}
