// Goal: each invariant of a store, planted broken, is seen broken, and nothing
// else is said. The store is a handful of rows in memory.

#include "actors/driver/driver_record.hpp"
#include "actors/trip/trip_record.hpp"
#include "cluster/check/check.hpp"
#include "tests/unit/cluster/scan_only.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace hansom;

namespace {

/// What a store holds, for the test to spoil.
struct rows {
  std::vector<store::shard_history_row> shards;
  std::vector<store::journal_row> journal;
  std::vector<store::stored_entity> entities;
  std::vector<store::claim_row> claims;
  std::vector<store::transfer_row> transfers;
  std::vector<store::command_row> commands;
};

/// Answers the scans; nothing else is asked of it.
class scripted : public store::testing::scan_only {
public:
  explicit scripted(const rows& x) : rows_{x} {
  }
  void scan_journal(
    const std::function<void(const store::journal_row&)>& visit) override {
    each(rows_.journal, visit);
  }
  void scan_entities(
    const std::function<void(const store::stored_entity&)>& visit) override {
    each(rows_.entities, visit);
  }
  void scan_claims(
    const std::function<void(const store::claim_row&)>& visit) override {
    each(rows_.claims, visit);
  }
  void scan_transfers(
    const std::function<void(const store::transfer_row&)>& visit) override {
    each(rows_.transfers, visit);
  }
  void scan_commands(
    const std::function<void(const store::command_row&)>& visit) override {
    each(rows_.commands, visit);
  }
  void scan_shard_history(
    const std::function<void(const store::shard_history_row&)>& visit)
    override {
    each(rows_.shards, visit);
  }

private:
  template <class T, class F>
  static void each(const std::vector<T>& xs, const F& visit) {
    for (const auto& x : xs)
      visit(x);
  }
  const rows& rows_;
};

class scripted_factory : public store::factory {
public:
  explicit scripted_factory(const rows& x) : rows_{x} {
  }
  std::unique_ptr<store::connection> open() override {
    return std::make_unique<scripted>(rows_);
  }
  std::string describe() const override {
    return "rows";
  }

private:
  const rows& rows_;
};

constexpr rider_id ann{7};
constexpr driver_id bob{9};
constexpr trip_id first{0x0100000000000001};
constexpr trip_id second{0x0200000000000002};
const currency usd = [] {
  currency x;
  parse_currency("USD", x);
  return x;
}();

/// Writes rows as a node would.
struct writer : rows {
  std::map<trip_id, trip_record> trips;
  std::int64_t clock = 1'000'000;

  void row(entity_ref entity, std::uint64_t seq, std::string kind,
           std::string payload, std::optional<store::command_key> command) {
    const auto shard = shard_of(entity);
    std::uint64_t shard_seq = 1;
    for (const auto& x : journal)
      shard_seq += x.shard == shard;
    if (shard_seq == 1)
      shards.push_back({shard, 1, 1, {clock}});
    journal.push_back({shard,
                       shard_seq,
                       entity,
                       seq,
                       1,
                       {clock},
                       std::move(kind),
                       std::move(payload),
                       command});
    if (command)
      commands.push_back({*command, entity, seq});
  }

  void say(trip_id trip, trip_event event,
           std::optional<store::command_key> command = {}) {
    auto& record = trips[trip];
    record.trip = trip;
    std::visit([&](auto& e) { e.at = {clock += 1000}; }, event);
    REQUIRE(apply(record, event));
    row(trip, record.rev, std::string{event_name(event)}, encode_event(event),
        command);
  }

  void request(trip_id trip, rider_id rider) {
    trip_requested e;
    e.rider = rider;
    e.quote = {trip.value};
    e.fare = {900, usd};
    e.pickup = {1, 1};
    e.dropoff = {2, 2};
    say(trip, e, store::command_key{rider, "r" + to_string(trip)});
  }

  void assign(trip_id trip, driver_id driver) {
    trip_assigned e;
    e.driver = driver;
    say(trip, e, store::command_key{driver, "a" + to_string(trip)});
  }

  void complete(trip_id trip) {
    say(trip, driver_arrived{});
    say(trip, trip_started{});
    trip_completed e;
    e.fare = {900, usd};
    say(trip, e);
    const auto& record = trips[trip];
    transfers.push_back({{"fare/" + to_string(trip),
                          "rider/" + to_string(record.rider),
                          "driver/" + to_string(record.driver),
                          {900, usd}},
                         trip,
                         record.rev});
  }

  /// States and claims as they follow from the journal.
  void settle() {
    using kind = store::claim_kind;
    for (const auto& [id, x] : trips) {
      entities.push_back({id, x.rev, !is_terminal(x.phase), encode(x)});
      claims.push_back({{kind::quote, x.quote.value}, id});
      if (!is_terminal(x.phase))
        claims.push_back({{kind::rider, x.rider.value}, id});
      if (has_driver(x.phase))
        claims.push_back(
          {{x.queued ? kind::driver_next : kind::driver, x.driver.value}, id});
    }
  }
};

/// One ride over, one under way with the same driver.
writer two_rides() {
  writer w;
  w.request(first, ann);
  w.assign(first, bob);
  w.complete(first);
  w.request(second, ann);
  w.assign(second, bob);
  w.settle();
  return w;
}

std::string verdict(const rows& x, const std::string& history = {}) {
  scripted_factory from{x};
  std::ostringstream out;
  const int code = run_check(from, out, false, history);
  CHECK(code == (out.str().find("PASS") != std::string::npos ? 0 : 1));
  return out.str();
}

/// @returns the invariants found broken, "I1 I8 ".
std::string broken(const rows& x, const std::string& history = {}) {
  std::istringstream lines{verdict(x, history)};
  std::string out, line;
  while (std::getline(lines, line)) {
    std::istringstream words{line};
    std::string name;
    long long checked = 0, bad = 0;
    if (line[0] == 'I' && words >> name >> checked >> bad && bad > 0)
      out += name + ' ';
  }
  return out;
}

} // namespace

TEST_CASE("a sound store passes, and says what it looked at") {
  auto w = two_rides();
  const auto text = verdict(w);
  CAPTURE(text);
  CHECK(broken(w) == "");
  for (auto name : {"I1 ", "I3 ", "I6 ", "I7 ", "I8 ", "I9 ", "I13 "})
    CHECK(text.find(name) != std::string::npos);
  std::ostringstream json;
  scripted_factory from{w};
  CHECK(run_check(from, json, true) == 0);
  CHECK(json.str().find("\"passed\":true") != std::string::npos);
}

TEST_CASE("I1: a driver on two rides, in the journal and in the claims") {
  writer w;
  w.request(first, ann);
  w.assign(first, bob);
  w.request(second, rider_id{8});
  w.assign(second, bob);
  w.settle();
  CHECK(broken(w) == "I1 ");
  auto lost = two_rides();
  std::erase_if(lost.claims, [](const auto& x) {
    return x.what.kind == store::claim_kind::driver;
  });
  CHECK(broken(lost) == "I1 ");
  auto stale = two_rides();
  stale.claims.push_back({{store::claim_kind::driver, 55}, first});
  CHECK(broken(stale) == "I1 ");
}

TEST_CASE("I1: a queued ride beside the present one is fine, until promoted") {
  writer w;
  w.request(first, ann);
  w.assign(first, bob);
  w.request(second, rider_id{8});
  trip_assigned queued;
  queued.driver = bob;
  queued.queued = true;
  w.say(second, queued);
  auto early = w;
  w.settle();
  CHECK(broken(w) == "");
  early.say(second, trip_promoted{});
  early.settle();
  CHECK(broken(early) == "I1 ");
}

TEST_CASE("I3: a rider on two rides") {
  writer w;
  w.request(first, ann);
  w.request(second, ann);
  w.settle();
  CHECK(broken(w) == "I3 ");
}

TEST_CASE("I6: unasked, twice, forgotten") {
  auto unasked = two_rides();
  unasked.journal[0].command.reset();
  unasked.commands.erase(unasked.commands.begin());
  CHECK(broken(unasked) == "I6 ");
  auto twice = two_rides();
  twice.journal.back().command = twice.journal[1].command;
  std::erase_if(twice.commands,
                [](const auto& x) { return x.entity == entity_ref{second}; });
  twice.commands.push_back({*twice.journal[5].command, second, 1});
  CHECK(broken(twice) == "I6 ");
  auto forgotten = two_rides();
  forgotten.commands.pop_back();
  CHECK(broken(forgotten) == "I6 ");
}

TEST_CASE("I7: no fare, two fares, another amount, a fare too early") {
  auto none = two_rides();
  none.transfers.clear();
  CHECK(broken(none) == "I7 ");
  auto two = two_rides();
  two.transfers.push_back(two.transfers[0]);
  CHECK(broken(two) == "I7 ");
  auto wrong = two_rides();
  wrong.transfers[0].what.amount.minor = 901;
  CHECK(broken(wrong) == "I7 ");
  auto early = two_rides();
  early.transfers.push_back(early.transfers[0]);
  early.transfers[1].what.key = "fare/" + to_string(second);
  early.transfers[1].entity = second;
  early.transfers[1].seq = 2;
  CHECK(broken(early) == "I7 ");
}

TEST_CASE("I8: gaps, illegal steps, epochs that fall") {
  auto gap = two_rides();
  gap.journal.erase(gap.journal.begin() + 3); // trip_started
  CHECK(broken(gap).find("I8") != std::string::npos);
  auto rubbish = two_rides();
  rubbish.journal[2].payload = "{";
  CHECK(broken(rubbish).find("I8") != std::string::npos);
  auto fallen = two_rides();
  fallen.shards.push_back({fallen.journal[0].shard, 2, 2, {}});
  fallen.journal[1].written_epoch = 2;
  CHECK(broken(fallen) == "I8 I9 ");
}

TEST_CASE("I9: two owners of one epoch, an epoch without owner, a gap") {
  auto owners = two_rides();
  owners.shards.push_back(owners.shards[0]);
  owners.shards.back().owner = 99;
  CHECK(broken(owners) == "I9 ");
  auto nobody = two_rides();
  nobody.journal.back().written_epoch = 5;
  CHECK(broken(nobody) == "I9 ");
  auto gap = two_rides();
  gap.journal.back().shard_seq += 1;
  CHECK(broken(gap) == "I9 ");
}

TEST_CASE("I13: a state that is not the fold, or is missing") {
  auto other = two_rides();
  auto record = other.trips[second];
  record.driver = driver_id{10};
  other.entities.back().state = encode(record);
  CHECK(broken(other) == "I13 ");
  auto behind = two_rides();
  behind.entities.back().rev -= 1;
  CHECK(broken(behind) == "I13 ");
  auto asleep = two_rides();
  asleep.entities.back().active = false;
  CHECK(broken(asleep) == "I13 ");
  auto missing = two_rides();
  missing.entities.pop_back();
  CHECK(broken(missing) == "I13 ");
}

TEST_CASE("I13: drivers fold too") {
  writer w;
  driver_event start = shift_started{{5}, {}, {}};
  driver_record record;
  record.driver = bob;
  REQUIRE(apply(record, start));
  w.row(bob, 1, std::string{event_name(start)}, encode_event(start), {});
  w.entities.push_back({bob, 1, true, encode(record)});
  CHECK(broken(w) == "");
  record.on_shift = false;
  w.entities[0].state = encode(record);
  CHECK(broken(w) == "I13 ");
}

TEST_CASE("I4: what a fleet was promised has to be in the journal") {
  const auto path = std::filesystem::temp_directory_path()
                    / ("hansom_history_" + std::to_string(::getpid()));
  auto promise = [&](trip_id trip, const std::string& id, int rev) {
    std::ofstream{path} << R"({"client":"rider/7","id":")" << id
                        << R"(","trip":")" << to_string(trip)
                        << R"(","what":"trip.request","rev":)" << rev << "}\n";
  };
  const auto w = two_rides();
  promise(first, "r" + to_string(first), 1);
  CHECK(broken(w, path) == "");
  CHECK(verdict(w, path).find("requests_found 1\n") != std::string::npos);
  promise(trip_id{5}, "r5", 1);
  CHECK(verdict(w, path).find("requests_found 0\n") != std::string::npos);
  CHECK(broken(w, path) == "I4 ");
  promise(first, "another", 1);
  CHECK(broken(w, path) == "I4 ");
  promise(first, "r" + to_string(first), 50);
  CHECK(broken(w, path) == "I4 ");
  promise(first, "r" + to_string(first), 1);
  std::ofstream{path, std::ios::app}
    << R"({"client":"rider/7","id":"r)" << to_string(first)
    << R"(","trip":"0000000000000005","what":"trip.request","rev":0})" << '\n';
  CHECK(verdict(w, path).find("requests_doubled 1\n") != std::string::npos);
  std::ofstream{path} << "rubbish\n";
  CHECK_THROWS_AS(verdict(w, path), std::runtime_error);
  std::filesystem::remove(path);
}
