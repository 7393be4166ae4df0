# shellcheck shell=bash disable=SC2034
about="Redis is restarted empty"
. "$cluster/lib/with_redis.bash"
load_s=$((warm_s + 6))

strike() {
  index_back
  redis_stop "$world/redis"
  struck
  mark
  redis_start "$world/redis" || cannot "Redis did not come back"
  index_back
}
