#include "actors/cell/surge_book.hpp"

#include "actors/stored_record.hpp"
#include "protocol/json/writer.hpp"

#include <algorithm>

namespace hansom {

std::string encode(const cell_record& x) {
  std::string out;
  json::append(out, x);
  return out;
}

bool decode(std::string_view text, cell_record& out, std::string& why) {
  return decode_stored(text, out, why);
}

surge_book::surge_book(const surge_config& config, const cell_record& stored)
  : config_{config}, durable_{stored}, demand_{config.window} {
  state_.price_milli = stored.surge_milli;
}

void surge_book::hear(const surge_hint& x) {
  if (auto found = neighbours_.find(x.from); found != neighbours_.end())
    found->second = {x.ratio_milli, x.at};
  else if (neighbours_.size() < neighbours_max)
    neighbours_[x.from] = {x.ratio_milli, x.at};
}

std::optional<surge_changed> surge_book::update(std::size_t supply,
                                                timestamp now) {
  if (!config_.enabled || in_flight_)
    return std::nullopt;
  auto old = now - config_.update_every * 5 / 2;
  std::erase_if(neighbours_, [&](auto& x) { return x.second.at < old; });
  std::vector<std::uint32_t> ratios;
  for (auto& [cell, x] : neighbours_)
    ratios.push_back(x.ratio_milli);
  constexpr std::uint64_t most = 1'000'000;
  auto change = update_surge(
    state_, static_cast<std::uint32_t>(std::min(demand_.count(now), most)),
    static_cast<std::uint32_t>(std::min<std::uint64_t>(supply, most)), ratios,
    now, config_);
  in_flight_ = change.has_value();
  return change;
}

cell_record surge_book::next() const noexcept {
  return {state_.price_milli, durable_.rev + 1};
}

void surge_book::settle(bool committed) noexcept {
  if (!in_flight_)
    return;
  in_flight_ = false;
  news_ = committed;
  if (committed)
    durable_ = next();
  else
    state_.price_milli = durable_.surge_milli;
}

bool surge_book::is_quiet(timestamp now) const noexcept {
  return !in_flight_ && durable_.surge_milli <= config_.floor_milli
         && demand_.count(now) == 0;
}

} // namespace hansom
