#include "actors/cell/explanation.hpp"
#include "protocol/json/writer.hpp"
#include "tests/unit/actors/property.hpp"

using namespace hansom;

namespace {

match_explanation about(std::uint64_t trip) {
  match_explanation x;
  x.trip = {trip};
  return x;
}

considered_driver with(std::uint64_t driver, match_verdict verdict) {
  considered_driver x;
  x.driver = {driver};
  x.verdict = verdict;
  return x;
}

} // namespace

TEST_CASE("the log keeps the newest trips and never more than its bound") {
  holds("bounded log", [] {
    auto max = *between<std::size_t>(1, 5);
    explanation_log log{max};
    std::vector<std::uint64_t> order; // Distinct trips, newest last.
    for (int i = 0; i < 60; ++i) {
      auto trip = *between<std::uint64_t>(1, 9);
      log.put(about(trip));
      std::erase(order, trip);
      order.push_back(trip);
      RC_ASSERT(log.size() == std::min(max, log.size()));
      for (std::size_t j = 0; j < order.size(); ++j) {
        auto is_new = order.size() - j <= max;
        RC_ASSERT((log.find({order[j]}) != nullptr) == is_new);
      }
    }
  });
}

TEST_CASE("an explanation lists so many drivers and counts the others") {
  auto x = about(1);
  note(x, with(1, match_verdict::gated), 2);
  note(x, with(2, match_verdict::costlier), 2);
  note(x, with(3, match_verdict::elsewhere), 2);
  CHECK(x.drivers.size() == 2);
  CHECK(x.omitted == 1);
  note(x, with(4, match_verdict::chosen), 2);
  CHECK(x.drivers.back().driver == driver_id{4});
  CHECK(x.omitted == 2);
}

TEST_CASE("an explanation counts rounds, notes refusals and becomes JSON") {
  explanation_log log{4};
  log.put(about(1));
  auto x = about(1);
  note(x, with(7, match_verdict::chosen), 4);
  log.put(x);
  log.refused({1}, {7});
  auto known = log.find({1});
  REQUIRE(known != nullptr);
  CHECK(known->rounds == 2);
  std::string out;
  json::append(out, *known);
  CHECK(out.find("\"verdict\":\"refused\",\"why\":\"taken\"")
        != std::string::npos);
  CHECK(log.find({2}) == nullptr);
}
