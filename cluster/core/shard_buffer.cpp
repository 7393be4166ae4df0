#include "cluster/core/shard_buffer.hpp"

namespace hansom::core {

bool shard_buffer::fits(std::size_t bytes) const noexcept {
  return bytes_ + bytes <= limits_.bytes_max
         && budget_->bytes + bytes <= budget_->bytes_max;
}

void shard_buffer::add(std::size_t bytes) noexcept {
  bytes_ += bytes;
  budget_->bytes += bytes;
}

void shard_buffer::remove(std::size_t bytes) noexcept {
  bytes_ -= bytes;
  budget_->bytes -= bytes;
}

bool shard_buffer::hold(token what, std::size_t bytes, moment now) {
  if (commands_.size() >= limits_.commands_max || !fits(bytes))
    return false;
  commands_.push_back({what, bytes, now});
  add(bytes);
  return true;
}

std::optional<shard_buffer::token>
shard_buffer::hold_position(std::uint64_t sender, token what,
                            std::size_t bytes) {
  auto found = positions_.find(sender);
  if (found == positions_.end()) {
    if (positions_.size() >= limits_.commands_max || !fits(bytes))
      return what;
    positions_.emplace(sender, entry{what, bytes});
    add(bytes);
    return {};
  }
  auto& last = found->second;
  remove(last.bytes);
  auto dropped = what;
  if (fits(bytes)) {
    dropped = last.what;
    last = {what, bytes};
  }
  add(last.bytes);
  return dropped;
}

std::vector<shard_buffer::token> shard_buffer::expire(moment now) {
  std::vector<token> result;
  while (!commands_.empty()
         && now - commands_.front().since >= limits_.wait_max) {
    result.push_back(commands_.front().what);
    remove(commands_.front().bytes);
    commands_.pop_front();
  }
  return result;
}

shard_buffer::held shard_buffer::take() {
  held result;
  for (auto& x : commands_)
    result.commands.push_back(x.what);
  for (auto& [sender, x] : positions_)
    result.positions.push_back(x.what);
  commands_.clear();
  positions_.clear();
  remove(bytes_);
  return result;
}

} // namespace hansom::core
