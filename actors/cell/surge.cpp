#include "actors/cell/surge.hpp"

#include <algorithm>
#include <cmath>

namespace hansom {

namespace {

/// Thousandths, cut where a count is absurd.
std::uint32_t milli(std::uint32_t count) {
  return std::min<std::uint32_t>(count, 1'000'000) * 1000;
}

/// Moves `old` towards `fresh` by the part that `keep` leaves.
std::uint32_t blend(std::uint32_t old, std::uint32_t fresh, double keep) {
  return static_cast<std::uint32_t>(
    std::llround(keep * old + (1 - keep) * fresh));
}

std::uint32_t ratio_of(std::uint32_t demand_milli, std::uint32_t supply_milli) {
  // Less than one driver counts as one: a quiet street with no car and one
  // request is no emergency.
  auto supply = std::max<std::uint64_t>(supply_milli, 1000);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(
    std::uint64_t{demand_milli} * 1000 / supply, surge_ratio_max_milli));
}

std::uint32_t with_neighbours(std::uint32_t own,
                              const std::vector<std::uint32_t>& neighbours,
                              std::uint32_t weight_milli) {
  if (neighbours.empty())
    return own;
  std::uint64_t sum = 0;
  for (auto x : neighbours)
    sum += std::min(x, surge_ratio_max_milli);
  auto mean = sum / neighbours.size();
  auto weight = std::min<std::uint64_t>(weight_milli, 1000);
  return static_cast<std::uint32_t>(
    (own * (1000 - weight) + mean * weight + 500) / 1000);
}

/// One step from the present price towards the target, within the limits.
std::uint32_t step_to(std::uint32_t target, std::uint32_t present,
                      const surge_config& config) {
  auto round = std::max<std::uint32_t>(config.round_milli, 1);
  target = (target + round / 2) / round * round;
  target = std::clamp(target, config.floor_milli, config.cap_milli);
  auto low = present > config.step_milli ? present - config.step_milli : 0;
  return std::clamp(target, low, present + config.step_milli);
}

} // namespace

std::string check(const surge_config& x) {
  if (x.window.count() < 1000)
    return "surge.window: at least 1s";
  if (x.update_every.count() < 1000)
    return "surge.update_every: at least 1s";
  if (x.half_life.count() < 1)
    return "surge.half_life: more than 0";
  if (x.neighbour_weight_milli > 1000)
    return "surge.neighbour_weight: 0 to 1";
  if (x.floor_milli == 0 || x.floor_milli > x.cap_milli)
    return "surge.floor: above 0 and not above surge.cap";
  if (x.cap_milli > 100'000)
    return "surge.cap: at most 100";
  if (x.step_milli == 0)
    return "surge.step: above 0";
  if (x.table.empty())
    return "surge.table: at least one row";
  for (std::size_t i = 1; i < x.table.size(); ++i)
    if (x.table[i].ratio_milli <= x.table[i - 1].ratio_milli
        || x.table[i].price_milli < x.table[i - 1].price_milli)
      return "surge.table: row " + std::to_string(i + 1)
             + " must have a higher ratio and no lower price than the one "
               "before";
  return {};
}

sliding_count::sliding_count(milliseconds window) noexcept
  : slot_ms_{std::max<std::int64_t>(1, window.count()
                                         / static_cast<std::int64_t>(slots))} {
}

void sliding_count::add(timestamp now, std::uint32_t n) noexcept {
  auto number = now.ms / slot_ms_;
  auto& x = slots_[static_cast<std::size_t>(number) % slots];
  if (x.number > number)
    return; // Older than the whole window: forgotten already.
  if (x.number != number)
    x = {number, 0};
  x.events += n;
}

std::uint64_t sliding_count::count(timestamp now) const noexcept {
  auto number = now.ms / slot_ms_;
  std::uint64_t sum = 0;
  for (const auto& x : slots_)
    if (x.number >= 0 && x.number <= number
        && number - x.number < static_cast<std::int64_t>(slots))
      sum += x.events;
  return sum;
}

std::uint32_t table_price(std::uint32_t ratio_milli,
                          const surge_config& config) noexcept {
  const auto& table = config.table;
  if (table.empty())
    return 1000;
  if (ratio_milli <= table.front().ratio_milli)
    return table.front().price_milli;
  for (std::size_t i = 1; i < table.size(); ++i) {
    const auto& a = table[i - 1];
    const auto& b = table[i];
    if (ratio_milli > b.ratio_milli)
      continue;
    return static_cast<std::uint32_t>(
      a.price_milli
      + std::uint64_t{b.price_milli - a.price_milli}
          * (ratio_milli - a.ratio_milli) / (b.ratio_milli - a.ratio_milli));
  }
  return table.back().price_milli;
}

std::optional<surge_changed>
update_surge(surge_state& state, std::uint32_t demand, std::uint32_t supply,
             const std::vector<std::uint32_t>& neighbours, timestamp now,
             const surge_config& config) {
  double keep = 0; // The first update has nothing to smooth with.
  if (state.updated_at) {
    auto passed = std::max<std::int64_t>((now - state.updated_at).count(), 0);
    auto half_life = std::max<std::int64_t>(config.half_life.count(), 1);
    keep =
      std::exp2(-static_cast<double>(passed) / static_cast<double>(half_life));
  }
  state.demand_milli = blend(state.demand_milli, milli(demand), keep);
  state.supply_milli = blend(state.supply_milli, milli(supply), keep);
  state.own_ratio_milli = ratio_of(state.demand_milli, state.supply_milli);
  state.ratio_milli = with_neighbours(state.own_ratio_milli, neighbours,
                                      config.neighbour_weight_milli);
  state.updated_at = now;
  auto target = config.enabled ? table_price(state.ratio_milli, config) : 1000;
  auto before = state.price_milli;
  state.price_milli = step_to(target, before, config);
  if (state.price_milli == before)
    return std::nullopt;
  return surge_changed{now,
                       before,
                       state.price_milli,
                       state.demand_milli,
                       state.supply_milli,
                       state.ratio_milli};
}

} // namespace hansom
