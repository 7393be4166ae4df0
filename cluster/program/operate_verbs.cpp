#include "cluster/program/ask.hpp"
#include "cluster/program/exit_codes.hpp"
#include "cluster/program/verbs.hpp"
#include "protocol/ids.hpp"

#include <nlohmann/json.hpp>
#include <unistd.h>

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

/// Shows what is about to happen and lets the user type the trip's id.
bool confirmed(const trip_end_options& with, const document& trip) {
  if (::isatty(STDIN_FILENO) == 0) {
    std::cerr << "hansom: not confirmed, nothing was changed\n"
                 "  There is nobody to ask; to do it anyway:  --yes\n";
    return false;
  }
  auto fare = money_text(trip.value("fare", document::object()));
  std::cerr << "Trip " << with.trip << " is " << trip.value("phase", "?")
            << ": " << whom(trip, "rider") << ", " << whom(trip, "driver")
            << ", fare " << fare << ".\n"
            << (with.as == "completed"
                  ? "Completed, the rider pays " + fare + '.'
                  : "Cancelled, nobody pays anything.")
            << " Both are told: \"" << with.reason
            << "\". This cannot be undone.\nType the trip's id to go on: "
            << std::flush;
  std::string typed;
  std::getline(std::cin, typed);
  if (typed == with.trip)
    return true;
  std::cerr << "hansom: not confirmed, nothing was changed\n";
  return false;
}

} // namespace

int trip_end(const trip_end_options& with) {
  trip_id trip;
  if (!parse_id(with.trip, trip)) {
    std::cerr << "hansom: \"" << with.trip
              << "\" is no trip id: 16 hexadecimal digits\n";
    return exit_usage;
  }
  auto path = "/v1/admin/trips/" + to_string(trip);
  document before;
  if (auto code = ask(with.target, path, before); code != exit_done)
    return code;
  if (!with.yes && !confirmed(with, before["trip"]))
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
