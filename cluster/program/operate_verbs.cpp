#include "cluster/program/ask.hpp"
#include "cluster/program/confirm.hpp"
#include "cluster/program/exit_codes.hpp"
#include "cluster/program/names.hpp"
#include "cluster/program/verbs.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <iostream>
#include <random>

namespace hansom::verbs {

namespace {

using document = nlohmann::json;

/// A name for this order that nobody else has.
std::string fresh_id() {
  std::random_device chance;
  char text[32];
  std::snprintf(text, sizeof text, "end-%08x%08x", chance(), chance());
  return text;
}

/// 1420 USD becomes "14.20 USD".
std::string money_text(const document& x) {
  auto minor = x.value("minor", std::int64_t{0});
  char text[48];
  std::snprintf(text, sizeof text, "%lld.%02lld %s",
                static_cast<long long>(minor / 100),
                static_cast<long long>(minor % 100),
                x.value("unit", std::string{}).c_str());
  return text;
}

std::string whom(const document& trip, const char* who) {
  return trip.contains(who)
           ? std::string{who} + ' ' + trip[who].get<std::string>()
           : std::string{"no "} + who;
}

/// What is about to happen.
std::string plan_of(const trip_end_options& with, const document& trip) {
  auto fare = money_text(trip.value("fare", document::object()));
  return "Trip " + with.trip + " is " + trip.value("phase", "?") + ": "
         + whom(trip, "rider") + ", " + whom(trip, "driver") + ", fare " + fare
         + ".\n"
         + (with.as == "completed" ? "Completed, the rider pays " + fare + '.'
                                   : "Cancelled, nobody pays anything.")
         + " Both are told: \"" + with.reason + "\". This cannot be undone";
}

} // namespace

int trip_end(const trip_end_options& with) {
  trip_id trip;
  if (!read_trip(with.trip, trip))
    return exit_usage;
  auto path = "/v1/admin/trips/" + to_string(trip);
  document before;
  if (auto code = ask(with.target, path, before); code != exit_done)
    return code;
  if (!with.yes
      && !confirmed(with.trip, plan_of(with, before["trip"]), "--yes"))
    return exit_refused;
  auto id = with.id.empty() ? fresh_id() : with.id;
  document answer;
  auto code =
    order(with.target, path + "/end",
          {{"id", id}, {"as", with.as}, {"reason", with.reason}}, answer);
  if (code == exit_timed_out)
    std::cerr << "  The same order again, which takes effect once:  --id " << id
              << '\n';
  if (code != exit_done)
    return code;
  if (with.target.json)
    std::cout << answer.dump(2) << '\n';
  else
    std::cout << "Trip " << with.trip << " is " << with.as << ", durably (rev "
              << answer.value("rev", 0) << ").\n  look   hansom trip show "
              << with.trip << '\n';
  return exit_done;
}

} // namespace hansom::verbs
