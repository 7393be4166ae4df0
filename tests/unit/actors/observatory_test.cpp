#include "actors/runtime/kind_description.hpp"
#include "actors/runtime/tracked.hpp"
#include "tests/unit/actors/ride_fixture.hpp"

#include <caf/all.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <set>
#include <thread>

using namespace hansom;
using namespace hansom::testing;

TEST_SUITE_BEGIN("observatory");

namespace {

/// @returns the kind of a message by its name.
message_kind kind_named(std::string_view name) {
  for (std::size_t i = 0; i < message_kinds_max; ++i)
    if (name_of(static_cast<message_kind>(i)) == name)
      return static_cast<message_kind>(i);
  return 0;
}

const message_total* find_total(const std::vector<message_total>& all,
                                entity_kind actor, std::string_view name) {
  for (auto& x : all)
    if (x.actor == actor && name_of(x.message) == name)
      return &x;
  return nullptr;
}

} // namespace

TEST_CASE("messages have names, and tell which trip they are about") {
  auto name = [](const caf::message& x) {
    return std::string{name_of(kind_of(x))};
  };
  auto about = [](const caf::message& x) { return trip_in(x, kind_of(x)); };
  client_ref from{session(1), dan, "c1"};
  auto accept = caf::make_message(from, offer_accept{trip_id{9}});
  CHECK(name(accept) == "offer_accept");
  CHECK(about(accept) == trip_id{9});
  CHECK(name(caf::make_message(commit_result{})) == "commit_result");
  CHECK(name(caf::make_message(caf::exit_msg{})) == "exit");
  CHECK(name(caf::make_message(1)) == "message");
  trip_for_rider told;
  told.view.trip = trip_id{8};
  CHECK(about(caf::make_message(told)) == trip_id{8});
  CHECK(about(caf::make_message(tell_again{ann})) == trip_id{});
  CHECK(about(caf::make_message(explain{trip_id{8}})) == trip_id{});
  CHECK(is_routine(kind_named("driver_moved")));
  CHECK_FALSE(is_routine(kind_named("offer_accept")));
  auto text = text_of(accept, kind_of(accept), 300);
  CHECK(text.find("offer_accept") != std::string::npos);
  CHECK(text.find("c1") == std::string::npos);
  CHECK(text_of(accept, kind_of(accept), 5).size() == 8);
}

TEST_CASE("each kind of actor describes each message that it takes") {
  for (auto& kind : actor_kinds()) {
    CHECK(kind.states.front() == "asleep");
    CHECK((kind.history & (kind.history - 1)) == 0);
    std::set<message_kind> seen;
    for (auto& rule : kind.messages) {
      CHECK(rule.kind != 0);
      CHECK(rule.deadline.count() > 0);
      CHECK_MESSAGE(seen.insert(rule.kind).second, name_of(rule.kind));
    }
    CHECK(seen.contains(kind_named("passivate")));
  }
  auto& cell = describe_kind(entity_kind::cell);
  CHECK(cell.deadline_of(kind_named("want_driver")) == 1000ms);
  CHECK(cell.deadline_of(kind_named("describe")) == 250ms);
}

TEST_CASE("percentiles are at most a quarter too high") {
  message_ledger ledger;
  for (std::uint64_t us = 1; us <= 1000; ++us)
    ledger.count(entity_kind::trip, 3, us * 1000, us > 990, us > 995);
  std::thread{[&] {
    ledger.count(entity_kind::trip, 3, 1'000'000'000'000, false, false);
  }}.join();
  auto all = ledger.totals();
  REQUIRE(all.size() == 1);
  CHECK(all[0].handled == 1001);
  CHECK(all[0].slow == 10);
  CHECK(all[0].failed == 5);
  CHECK(all[0].percentile_us(500) >= 500);
  CHECK(all[0].percentile_us(500) <= 625);
  CHECK(all[0].percentile_us(990) >= 990);
  CHECK(all[0].percentile_us(990) <= 1250);
  for (std::uint64_t us = 0; us < 20'000'000; us += 1 + us / 7) {
    auto end = message_tally::upper_end(message_tally::bucket_of(us));
    if (us < 16'000'000) {
      CHECK(end > us);
      CHECK(end <= us + us / 4 + 1);
    }
  }
}

TEST_CASE("a recording is bounded in time, rate and size") {
  recording x{dan, {4, 6, 0, 60s}};
  for (int i = 0; i < 10; ++i)
    x.take({});
  auto all = x.read(0);
  CHECK(all.messages.size() == 4);
  CHECK(all.messages.front().seq == 3);
  CHECK(all.next == 6);
  CHECK(all.dropped == 6); // 4 by the rate, 2 that nobody fetched.
  CHECK(x.read(6).messages.empty());
  CHECK(x.read(6).dropped == 4);
  recording few{trip_id{1}, {100, 100, 3, 60s}};
  for (int i = 0; i < 5; ++i)
    few.take({});
  CHECK(few.ended());
  CHECK(few.read(0).recorded == 3);
  recording brief{trip_id{1}, {100, 100, 0, 400ms}};
  std::this_thread::sleep_for(410ms);
  brief.take({});
  CHECK(brief.ended());
  CHECK(brief.read(0).recorded == 0);
  brief.prolong();
  brief.take({});
  CHECK(brief.read(0).recorded == 1);
}

TEST_CASE("a probe remembers the last messages, routine ones apart") {
  probe p{dan, nullptr, 8};
  auto routine = kind_named("driver_moved");
  auto other = kind_named("offer_proposal");
  for (int i = 0; i < 100; ++i)
    p.remember(routine, 7, {}, p.born + std::chrono::milliseconds{i});
  p.remember(other, 99'999'999, trip_id{5}, p.born + 3s);
  int routines = 0;
  int others = 0;
  p.for_each_memory([&](const probe::memory& x) {
    ++(x.kind == routine ? routines : others);
    if (x.kind == other) {
      CHECK(x.took_us == 0xff'ffff);
      CHECK(x.at_ms == 3000);
      CHECK(x.trip == trip_id{5});
    }
  });
  CHECK(routines == 2);
  CHECK(others == 1);
}

TEST_CASE_FIXTURE(ride_fixture, "actors show what they are, and below whom") {
  auto state_of = [&](entity_ref who) {
    auto p = node().entities().watch_of(who);
    return p ? std::string{describe_kind(who.kind).state_name(p->state)} : "";
  };
  connect(dan);
  CHECK(state_of(dan) == "non_operational");
  connect(ann);
  CHECK(state_of(ann) == "idle");
  auto trip = ask_for_ride(ann);
  CHECK(state_of(trip) == "matching");
  CHECK(state_of(ann) == "riding");
  CHECK(node().entities().watch_of(ann)->parent() == entity_ref{trip});
  CHECK(node().entities().watch_of(trip)->parent()
        == entity_ref{cell_of(times_square, node().config().cell_level)});
  auto totals = node().watch().ledger().totals();
  auto* asked = find_total(totals, entity_kind::rider, "trip_request");
  REQUIRE(asked != nullptr);
  CHECK(asked->handled == 1);
}

TEST_CASE_FIXTURE(ride_fixture, "what nobody takes is a dead letter") {
  node().send(trip_id{0x77}, client_ref{session(1), ann, "c9"},
              trip_cancel{trip_id{0x77}, {}});
  settle();
  auto lost = node().watch().dead_letters().summarize();
  REQUIRE(lost.total == 1);
  CHECK(lost.last[0].who == entity_ref{trip_id{0x77}});
  CHECK(name_of(lost.last[0].message) == "trip_cancel");
  CHECK(lost.last[0].why == "entity_gone");
  REQUIRE(lost.by.size() == 1);
  CHECK(lost.by[0].reason == "entity_gone");
}

TEST_CASE_FIXTURE(ride_fixture, "a message that nobody knows is noted") {
  connect(dan);
  node().send(dan, want_driver{});
  settle();
  auto x = node().watch().unhandled().summarize();
  REQUIRE(x.total == 1);
  CHECK(x.last[0].who == entity_ref{dan});
  CHECK(name_of(x.last[0].message) == "want_driver");
}

TEST_CASE_FIXTURE(ride_fixture, "who follows an actor sees what it handles") {
  connect(dan);
  auto live = node().watch().follow(dan, node().entities().watch_of(dan));
  REQUIRE(live);
  connect(ann);
  disconnect(dan);
  auto seen = live->read(0);
  REQUIRE(seen.messages.size() == 1);
  CHECK(name_of(seen.messages[0].kind) == "detach");
  CHECK(seen.messages[0].who == entity_ref{dan});
  // The same recording for all who look.
  CHECK(node().watch().follow(dan, nullptr) == live);
  live->end();
  connect(dan);
  CHECK(live->read(0).messages.size() == 1);
  CHECK_FALSE(node().entities().watch_of(dan)->watched.load());
}

TEST_CASE_FIXTURE(ride_fixture, "a trace hears all about one trip only") {
  connect(ann);
  connect(ben);
  auto trip = ask_for_ride(ann);
  auto live = node().watch().trace(trip, {100, 100, 50, 60s});
  REQUIRE(live);
  ask_for_ride(ben);
  auto before = live->read(0).messages.size();
  node().send(trip, tell_again{ann});
  settle();
  auto seen = live->read(before);
  std::vector<entity_ref> who;
  for (auto& x : seen.messages) {
    CHECK(x.trip == trip);
    who.push_back(x.who);
  }
  CHECK(std::count(who.begin(), who.end(), entity_ref{trip}) == 1);
  CHECK(std::count(who.begin(), who.end(), entity_ref{ann}) == 1);
  CHECK(std::count(who.begin(), who.end(), entity_ref{ben}) == 0);
}

TEST_CASE("too much cannot be followed") {
  caf::actor_system_config config;
  caf::actor_system system{config};
  observatory x{node_clock{system.clock(), city_morning}};
  std::vector<std::shared_ptr<recording>> all;
  for (std::size_t i = 0; i < observatory::recordings_max; ++i)
    all.push_back(x.follow(driver_id{i + 1}, nullptr));
  CHECK(x.follow(driver_id{99}, nullptr) == nullptr);
  all[3]->end();
  CHECK(x.follow(driver_id{99}, nullptr) != nullptr);
  CHECK(x.trace(trip_id{1}, {}) == nullptr);
}

namespace {

/// An actor whose handler does what a test says.
class willing final : public tracked<caf::event_based_actor> {
public:
  willing(caf::actor_config& config, std::function<void()> work,
          std::shared_ptr<probe> p)
    : tracked{config}, work_{std::move(work)} {
    watch_with(std::move(p));
  }

  caf::behavior make_behavior() override {
    return {[this](const passivate&) { work_(); }};
  }

private:
  std::function<void()> work_;
};

} // namespace

TEST_CASE("a handler that hangs shows while it does, then counts as slow") {
  caf::actor_system_config config;
  config.add_message_types<caf::id_block::hansom>();
  caf::actor_system system{config};
  observatory watch{node_clock{system.clock(), city_morning}};
  auto p = watch.probe_for(dan);
  std::promise<void> inside;
  std::promise<void> let_go;
  auto who = system.spawn<willing>(
    [&] {
      inside.set_value();
      let_go.get_future().wait();
    },
    p);
  caf::anon_send(who, passivate{});
  caf::anon_send(who, passivate{});
  inside.get_future().wait();
  std::this_thread::sleep_for(300ms);
  CHECK(p->running_since_ns != 0);
  CHECK(name_of(p->running_kind) == "passivate");
  CHECK(p->depth() == 2);
  let_go.set_value();
  caf::anon_send_exit(who, caf::exit_reason::kill);
  while (p->running_since_ns != 0 || p->handled == 0)
    std::this_thread::sleep_for(1ms);
  who = nullptr;
  CHECK(await_actors(system, 10s));
  auto slow = watch.slow().summarize();
  REQUIRE(slow.total >= 1);
  CHECK(slow.last.back().who == entity_ref{dan});
  CHECK(slow.last.back().took_us >= 290'000);
}

TEST_CASE("a handler that throws is a death, with its message and words") {
  caf::actor_system_config config;
  config.add_message_types<caf::id_block::hansom>();
  caf::actor_system system{config};
  observatory watch{node_clock{system.clock(), city_morning}};
  auto p = watch.probe_for(dan);
  auto who =
    system.spawn<willing>([] { throw std::runtime_error{"no such thing"}; }, p);
  caf::anon_send(who, passivate{});
  who = nullptr;
  CHECK(await_actors(system, 10s));
  auto deaths = watch.deaths().summarize();
  REQUIRE(deaths.total == 1);
  CHECK(deaths.last[0].why == "no such thing");
  CHECK(name_of(deaths.last[0].message) == "passivate");
  auto totals = watch.ledger().totals();
  auto* x = find_total(totals, entity_kind::driver, "passivate");
  REQUIRE(x != nullptr);
  CHECK(x->failed == 1);
}

TEST_SUITE_END();
