#include "cluster/member/move_times.hpp"

#include <spdlog/spdlog.h>

namespace hansom {

namespace {

/// More steps than this would be a move that goes round in circles.
constexpr std::size_t text_max = 400;

} // namespace

void move_times::begin(shard_id shard, const char* step) {
  moves_[shard] = {true, clock::now(), {}, step};
}

void move_times::mark(shard_id shard, const char* step) {
  auto& x = moves_[shard];
  if (!x.going)
    return;
  auto now = clock::now();
  std::chrono::duration<double, std::milli> took = now - x.last;
  if (x.text.size() < text_max)
    x.text += fmt::format("{}{} {:.1f} ms", x.text.empty() ? "" : ", ", x.step,
                          took.count());
  x.last = now;
  x.step = step;
}

void move_times::end(shard_id shard, const char* step) {
  mark(shard, step);
  auto& x = moves_[shard];
  if (x.going)
    spdlog::debug("cluster: shard {}: {}; {}", shard, x.text, x.step);
  x = {};
}

} // namespace hansom
