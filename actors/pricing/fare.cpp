#include "actors/pricing/fare.hpp"

#include <algorithm>

namespace hansom {

namespace {

// Wider than 64 bits: four factors are multiplied before the one rounding.
__extension__ typedef __int128 wide;

constexpr std::int64_t amount_max = 1'000'000'000; // Of each tariff figure.

wide amount(std::int64_t x) {
  return std::clamp<std::int64_t>(x, 0, amount_max);
}

money at_most(std::int64_t fee, money promised) {
  auto most = std::max<std::int64_t>(promised.minor, 0);
  return {std::clamp<std::int64_t>(fee, 0, most), promised.unit};
}

} // namespace

std::string check(const tariff& x) {
  struct figure {
    const char* name;
    std::int64_t value;
  };
  for (auto f :
       {figure{"base", x.base}, figure{"per_km", x.per_km},
        figure{"per_minute", x.per_minute},
        figure{"booking_fee", x.booking_fee}, figure{"minimum", x.minimum},
        figure{"cancel_fee", x.cancel_fee},
        figure{"no_show_fee", x.no_show_fee}})
    if (f.value < 0 || f.value > amount_max)
      return std::string{"fares."} + f.name + ": 0 to "
             + std::to_string(amount_max) + " minor units, found "
             + std::to_string(f.value);
  for (auto c : x.class_milli)
    if (c == 0 || c > 100'000)
      return "fares.class factors: above 0 and at most 100";
  return {};
}

money fare(const tariff& t, std::uint32_t distance_m, std::uint32_t duration_s,
           std::uint32_t surge_milli, service_class service) noexcept {
  auto index = static_cast<std::size_t>(service);
  std::uint32_t factor =
    index < t.class_milli.size() ? t.class_milli[index] : 1000;
  // 60,000 makes metres and seconds whole: 1 km = 1000 m, 1 min = 60 s.
  constexpr wide unit = wide{60'000} * 1000 * 1000;
  auto metered = amount(t.base) * 60'000 + amount(t.per_km) * distance_m * 60
                 + amount(t.per_minute) * duration_s * 1000;
  auto scaled = metered * factor * surge_milli;
  auto ride = (scaled + unit / 2) / unit;
  auto total = std::max(ride + amount(t.booking_fee), amount(t.minimum));
  return {static_cast<std::int64_t>(std::min(total, wide{fare_max})), t.unit};
}

money cancellation_fee(const tariff& t, money promised,
                       milliseconds since_assigned, milliseconds free_for,
                       bool driver_progressing) noexcept {
  if (since_assigned.count() <= 0 || since_assigned <= free_for
      || !driver_progressing)
    return {0, promised.unit};
  return at_most(t.cancel_fee, promised);
}

money no_show_fee(const tariff& t, money promised) noexcept {
  return at_most(t.no_show_fee, promised);
}

} // namespace hansom
