# shellcheck shell=bash disable=SC2034
about="Redis is gone for a minute (short: 6 s)"
. "$cluster/lib/with_redis.bash"
gone_s=6
! is_long || gone_s=60
load_s=$((warm_s + gone_s + 4))

strike() {
  index_back
  redis_stop "$world/redis"
  struck
  mark
  pause "$gone_s"
  mark
  redis_start "$world/redis" || cannot "Redis did not come back"
  index_back
}
