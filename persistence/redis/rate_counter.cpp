#include "persistence/redis/rate_counter.hpp"

namespace hansom::redis {

namespace {

/// In one step, so that no counter is ever left without an end.
constexpr std::string_view count_script =
  "local n = redis.call('INCR', KEYS[1]) "
  "if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end "
  "return n";

} // namespace

void rate_counter::hit(std::string_view what, std::uint64_t window,
                       milliseconds length, milliseconds within,
                       count_callback done) {
  auto key = prefix_ + std::string{what} + ':' + std::to_string(window);
  // Twice the window: clocks of nodes differ a little.
  link_.ask(
    command{"EVAL", count_script, "1", key, std::to_string(2 * length.count())},
    within, [done = std::move(done)](const reply& x) {
      if (x.what == reply::kind::number && x.number > 0)
        done(static_cast<std::uint64_t>(x.number));
      else
        done(std::nullopt);
    });
}

} // namespace hansom::redis
