#include "actors/cell/match_cost.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace hansom {

namespace {

constexpr std::array<std::string_view, gate_count> gate_names = {
  "none",    "declined_before", "stale_position", "wrong_class",
  "too_far", "taken",           "not_free"};

constexpr std::int64_t day_ms = 86'400'000;

// The ordinary terms differ by less than 2^29 (6 days), so that a starved
// request, 2^30 cheaper, goes first whatever they say; its further wait counts
// a thousandfold, up to 2^30 more. All of it fits `assignment_cost_max`.
constexpr std::int64_t ordinary_max = std::int64_t{1} << 28;
constexpr std::int64_t starved_credit = std::int64_t{1} << 30;
constexpr std::int64_t starved_excess_weight = 1000;
constexpr std::int64_t starved_excess_max = std::int64_t{1} << 30;

std::int64_t weighted(std::int64_t ms, std::uint32_t weight_milli) {
  return std::clamp<std::int64_t>(ms, 0, day_ms) * weight_milli / 1000;
}

} // namespace

std::string to_string(gate x) {
  auto i = static_cast<std::size_t>(x);
  return i < gate_names.size() ? std::string{gate_names[i]}
                               : "?" + std::to_string(i);
}

bool parse(std::string_view text, gate& out) noexcept {
  auto i = std::find(gate_names.begin(), gate_names.end(), text);
  if (i == gate_names.end())
    return false;
  out = static_cast<gate>(i - gate_names.begin());
  return true;
}

class_mask mask_of(const std::vector<service_class>& xs) noexcept {
  class_mask mask = 0;
  for (auto x : xs)
    mask = static_cast<class_mask>(mask | mask_of(x));
  return mask != 0 ? mask : mask_of(service_class::standard);
}

match_price price_of(const match_request& request, const match_driver& driver,
                     const eta_model& eta, timestamp now,
                     const match_cost_config& config) {
  match_price price;
  auto begins = now + milliseconds{std::int64_t{driver.free_in_s} * 1000};
  auto drive_s = eta.seconds(driver.at, request.pickup, begins);
  auto eta_s = std::uint64_t{drive_s} + driver.free_in_s;
  price.eta_s =
    static_cast<std::uint32_t>(std::min<std::uint64_t>(eta_s, 0xffff'ffff));
  price.distance_m = eta.distance(driver.at, request.pickup);

  auto cost = std::min(static_cast<std::int64_t>(eta_s) * 1000, day_ms);
  if (driver.free_in_s > 0)
    cost += std::int64_t{config.soon_free_s} * 1000;
  auto spare = std::popcount(driver.classes) - 1;
  cost += std::int64_t{config.class_spare_s} * 1000 * std::max(spare, 0);
  if (driver.idle_since) {
    auto idle = std::min(now - driver.idle_since, config.idle_cap);
    cost -= weighted(idle.count(), config.idle_weight_milli);
  }
  auto waited = (now - request.waiting_since).count();
  auto bound = config.starvation_after.count();
  cost -= weighted(std::min(waited, bound), config.waiting_weight_milli);
  price.cost = std::clamp(cost, -ordinary_max, ordinary_max);
  if (waited >= bound)
    price.cost -=
      starved_credit
      + std::min(std::min(waited - bound, day_ms) * starved_excess_weight,
                 starved_excess_max);
  return price;
}

gate check_gates(const match_request& request, const match_driver& driver,
                 timestamp now, const gate_config& config) noexcept {
  if (!driver.free || driver.free_in_s > config.forward_max_s)
    return gate::not_free;
  if (driver.taken)
    return gate::taken;
  if ((driver.classes & mask_of(request.service)) == 0)
    return gate::wrong_class;
  if (now - driver.seen_at > config.position_max_age)
    return gate::stale_position;
  const auto& closed = request.closed;
  if (std::find(closed.begin(), closed.end(), driver.driver) != closed.end())
    return gate::declined_before;
  if (distance_m(driver.at, request.pickup) > config.max_pickup_radius_m)
    return gate::too_far;
  return gate::none;
}

} // namespace hansom
