// Goal: a store whose journal was trimmed is judged as exactly as a whole one,
// from where it begins now; what upkeep must not have done is seen.

#include "actors/driver/driver_record.hpp"
#include "actors/trip/trip_record.hpp"
#include "cluster/check/check.hpp"
#include "cluster/upkeep/fold.hpp"
#include "persistence/upkeep/upkeep.hpp"
#include "tests/unit/cluster/scan_only.hpp"

#include <doctest/doctest.h>

#include <map>
#include <sstream>

using namespace hansom;

namespace {

constexpr std::int64_t day = 86'400'000;

/// What a trimmed store says of its beginnings, for the test to spoil.
struct beginnings {
  std::vector<store::trim_row> trims;
  std::vector<store::stored_entity> bases;
  timestamp commands_since;
};

/// The store with other beginnings.
class spoilt : public store::testing::scan_only {
public:
  spoilt(std::unique_ptr<store::connection> of, const beginnings& x)
    : of_{std::move(of)}, what_{x} {
  }
  void scan_journal(
    const std::function<void(const store::journal_row&)>& f) override {
    of_->scan_journal(f);
  }
  void scan_entities(
    const std::function<void(const store::stored_entity&)>& f) override {
    of_->scan_entities(f);
  }
  void
  scan_claims(const std::function<void(const store::claim_row&)>& f) override {
    of_->scan_claims(f);
  }
  void scan_transfers(
    const std::function<void(const store::transfer_row&)>& f) override {
    of_->scan_transfers(f);
  }
  void scan_commands(
    const std::function<void(const store::command_row&)>& f) override {
    of_->scan_commands(f);
  }
  void scan_shard_history(
    const std::function<void(const store::shard_history_row&)>& f) override {
    of_->scan_shard_history(f);
  }
  void scan_bases(
    const std::function<void(const store::stored_entity&)>& f) override {
    for (auto& x : what_.bases)
      f(x);
  }
  void
  scan_trims(const std::function<void(const store::trim_row&)>& f) override {
    for (auto& x : what_.trims)
      f(x);
  }
  timestamp commands_since() override {
    return what_.commands_since;
  }

private:
  std::unique_ptr<store::connection> of_;
  const beginnings& what_;
};

/// A node's life in a store in memory.
struct city : store::factory {
  std::shared_ptr<store::factory> real = store::make_sqlite_in_memory();
  std::unique_ptr<store::connection> c = real->open();
  timestamp now{1'700'006'400'000};
  store::incarnation self = c->start_incarnation("n1", now);
  store::epoch at_epoch = c->claim_shards(self, now).at(0).now;
  std::map<trip_id, trip_record> trips;
  driver_record driver;
  std::uint32_t count = 0;
  beginnings spoils;

  std::unique_ptr<store::connection> open() override {
    return std::make_unique<spoilt>(real->open(), spoils);
  }
  [[nodiscard]] std::string describe() const override {
    return "spoilt";
  }

  template <class Event, class Record>
  void say(entity_ref who, Record& record, Event event, store::write x) {
    std::visit([&](auto& e) { e.at = now; }, event);
    REQUIRE(apply(record, event));
    x.entity = who;
    x.shard = shard_of(who);
    x.claimed_epoch = at_epoch;
    x.first_seq = record.rev;
    x.at = now;
    x.events = {{std::string{event_name(event)}, encode_event(event)}};
    x.state = encode(record);
    REQUIRE(c->commit({x}).at(0).what == store::outcome::committed);
    now.ms += 60'000;
  }

  void say(trip_id id, trip_event event, store::write x = {}) {
    auto& record = trips[id];
    record.trip = id;
    auto copy = record;
    std::visit([&](auto& e) { e.at = now; }, event);
    REQUIRE(apply(copy, event));
    x.active = !is_terminal(copy.phase);
    say(id, record, event, std::move(x));
  }

  void shift(driver_event event) {
    driver.driver = driver_id{9};
    say(driver.driver, driver, std::move(event), {});
  }

  trip_id request() {
    ++count;
    auto id = make_trip_id(static_cast<shard_id>(count % 2),
                           static_cast<std::uint64_t>(now.ms / 1000), 1, count);
    trip_requested e;
    e.rider = rider_id{7};
    e.quote = {id.value};
    e.pickup = {407'313'189, -739'885'260};
    e.dropoff = {-1'234, 5};
    store::write x;
    x.take = {{store::claim_kind::rider, 7},
              {store::claim_kind::quote, id.value}};
    x.command = store::command_key{rider_id{7}, "r" + to_string(id)};
    say(id, e, std::move(x));
    return id;
  }

  void assign(trip_id id) {
    trip_assigned e;
    e.driver = driver_id{9};
    store::write x;
    x.take = {{store::claim_kind::driver, 9}};
    say(id, e, std::move(x));
    say(id, driver_arrived{});
  }

  void complete(trip_id id) {
    say(id, trip_started{});
    store::write x;
    x.release = {{store::claim_kind::driver, 9}, {store::claim_kind::rider, 7}};
    say(id, trip_completed{}, std::move(x));
  }

  void keep_up(timestamp at) {
    upkeep::parts parts;
    parts.store = real;
    parts.self = self;
    parts.now = [at] { return at; };
    parts.fold = fold_rows;
    upkeep_config with;
    with.step_rows = 5;
    upkeep{with, std::move(parts)}.run_once();
    spoils = {};
    c->scan_trims([&](auto& x) { spoils.trims.push_back(x); });
    c->scan_bases([&](auto& x) { spoils.bases.push_back(x); });
    spoils.commands_since = c->commands_since();
  }

  std::string verdict() {
    std::ostringstream out;
    run_check(*this, out, false);
    return out.str();
  }

  /// @returns the invariants found broken, "I1 I8 ".
  std::string broken() {
    std::istringstream lines{verdict()};
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
};

/// A hundred days: a shift a day, a ride within it, and one over midnight.
void hundred_days(city& x) {
  for (int i = 0; i < 100; ++i) {
    auto morning = x.now;
    x.shift(shift_started{{}, {service_class::standard}, {}});
    auto ride = x.request();
    x.assign(ride);
    x.complete(ride);
    x.shift(shift_ended{});
    x.now = {morning.ms + day - 90'000};
    auto late = x.request();
    x.assign(late); // Past midnight.
    x.keep_up(x.now);
    x.complete(late);
    x.now = {morning.ms + day + 600'000};
  }
}

} // namespace

TEST_CASE("a store of a hundred days, kept in order, is sound") {
  city x;
  hundred_days(x);
  auto first = x.trips.begin()->first;
  CHECK(x.c->journal_of(first).empty());
  CHECK(x.c->load(first)->state.find("40.7310000") != std::string::npos);
  CHECK(x.spoils.trims.size() == 3); // Two of trips, one of the driver.
  CHECK(!x.spoils.bases.empty());
  INFO(x.verdict());
  CHECK(x.broken() == "");
}

TEST_CASE("a trip that was trimmed and is rated later is sound") {
  city x;
  hundred_days(x);
  auto first = x.trips.begin()->first;
  std::string why;
  // What its actor would load: with coarse positions.
  REQUIRE(decode(x.c->load(first)->state, x.trips[first], why));
  trip_rated e;
  e.by = cause::rider;
  e.stars = 5;
  store::write w;
  w.command = store::command_key{rider_id{7}, "stars"};
  x.say(first, e, std::move(w));
  x.keep_up(x.now);
  INFO(x.verdict());
  CHECK(x.broken() == "");
  x.keep_up({x.now.ms + 2 * day});
  CHECK(x.broken() == "");
}

TEST_CASE("trimming too much, or without a base, is seen") {
  city x;
  hundred_days(x);
  auto sound = x.spoils;
  SUBCASE("numbers are missing behind the trim") {
    x.spoils.trims[0].seq -= 1;
    CHECK(x.broken() == "I9 ");
  }
  SUBCASE("a base is missing") {
    x.spoils.bases.clear();
    CHECK(x.broken().find("I8") != std::string::npos);
  }
  SUBCASE("a base is of another moment") {
    for (auto& b : x.spoils.bases)
      b.rev -= b.entity.kind == entity_kind::driver;
    CHECK(x.broken() == "I13 I8 ");
  }
  SUBCASE("the journal is gone, but nothing says that it was trimmed") {
    x.spoils.trims.clear();
    x.spoils.bases.clear();
    CHECK(x.broken().find("I13") != std::string::npos);
  }
  SUBCASE("commands are gone that should be remembered") {
    x.spoils.commands_since = {};
    CHECK(x.broken() == "I6 ");
  }
}
