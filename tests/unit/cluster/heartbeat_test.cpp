#include "cluster/heartbeat/boot_clock.hpp"
#include "cluster/heartbeat/heartbeat.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <doctest/doctest.h>

#include <deque>
#include <future>

namespace hansom {

namespace {

using namespace std::chrono_literals;

/// What a store answers to heartbeats, in order; the last answer stays.
struct fake_store {
  enum class answer { beats, dead, gone, hangs };

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<answer> script;
  int opened = 0;
  int asked = 0;
  std::uint64_t seq = 0;
  core::moment now{1000};

  answer next() {
    std::unique_lock lock{mutex};
    ++asked;
    changed.notify_all();
    auto out = script.empty() ? answer::beats : script.front();
    if (script.size() > 1)
      script.pop_front();
    // With an end: a test that failed does not let go.
    changed.wait_for(lock, 10s, [this] {
      return script.empty() || script.front() != answer::hangs;
    });
    return out;
  }

  /// @returns whether so many heartbeats have come.
  bool wait_for_asked(int n) {
    std::unique_lock lock{mutex};
    return changed.wait_for(lock, 20s, [&] { return asked >= n; });
  }
};

/// Only the heartbeat answers; nothing else is asked here.
struct fake_rows final : store::membership {
  explicit fake_rows(fake_store& x) : of{x} {
  }

  std::optional<store::beat> heartbeat(store::incarnation) override {
    auto what = of.next();
    std::lock_guard guard{of.mutex};
    of.now += 30ms; // It took so long.
    if (what == fake_store::answer::gone)
      throw store::unavailable_error{"gone"};
    if (what == fake_store::answer::dead)
      return std::nullopt;
    store::beat out;
    out.hb_seq = ++of.seq;
    return out;
  }

  [[noreturn]] static void never() {
    throw std::logic_error{"not asked here"};
  }
  store::join_result join(const store::join_request&) override {
    never();
  }
  bool activate(store::incarnation) override {
    never();
  }
  store::membership_view read_view() override {
    never();
  }
  std::size_t suspect(const store::suspicion&) override {
    never();
  }
  void trust(store::incarnation, store::incarnation) override {
    never();
  }
  void report_links(store::incarnation,
                    const std::vector<store::incarnation>&) override {
    never();
  }
  std::optional<store::incarnation>
  resolve_link_partition(store::incarnation, milliseconds) override {
    never();
  }
  bool declare_dead(store::incarnation, std::uint64_t,
                    const store::change_note&, store::incarnation) override {
    never();
  }
  std::size_t terminate_backends(store::incarnation) override {
    never();
  }
  std::vector<store::shard_row>
  claim_shards(store::incarnation,
               const std::vector<store::shard_row>&) override {
    never();
  }
  store::transfer_outcome transfer_shard(const store::shard_row&,
                                         store::incarnation) override {
    never();
  }
  std::size_t release_shards(const std::vector<store::shard_row>&) override {
    never();
  }
  bool set_status(store::incarnation, store::node_status, store::node_status,
                  const store::change_note&) override {
    never();
  }
  bool pin(shard_id, const std::string&, const store::change_note&) override {
    never();
  }
  bool pause_rebalance(bool, const store::change_note&) override {
    never();
  }
  std::uint64_t record(const store::cluster_event&) override {
    never();
  }
  std::vector<store::cluster_event> events_after(std::uint64_t,
                                                 std::size_t) override {
    never();
  }
  std::vector<store::cluster_event> last_events(std::size_t) override {
    never();
  }

  fake_store& of;
};

struct fixture {
  fake_store rows;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<core::beat_done> beats;
  std::vector<core::scheduler_ran> pings;
  int ticks = 0;
  std::vector<std::function<void()>> posted;

  heart::parts parts() {
    heart::parts out;
    out.open = [this] {
      std::lock_guard guard{rows.mutex};
      ++rows.opened;
      rows.now += 7ms;
      return std::make_unique<fake_rows>(rows);
    };
    out.emit = [this](core::moment, core::input x) {
      std::lock_guard guard{mutex};
      if (auto* beat = std::get_if<core::beat_done>(&x))
        beats.push_back(*beat);
      else if (auto* ran = std::get_if<core::scheduler_ran>(&x))
        pings.push_back(*ran);
      else
        ++ticks;
      changed.notify_all();
    };
    out.scheduler = [this](auto task) { posted.push_back(std::move(task)); };
    out.clock = [this] {
      std::lock_guard guard{rows.mutex};
      return rows.now;
    };
    out.tick_every = 1ms;
    return out;
  }

  template <class F>
  bool eventually(F holds) {
    std::unique_lock lock{mutex};
    return changed.wait_for(lock, 20s, holds);
  }
  std::size_t count_beats() {
    std::lock_guard guard{mutex};
    return beats.size();
  }
  std::size_t count_pings() {
    std::lock_guard guard{mutex};
    return pings.size();
  }
};

} // namespace

TEST_CASE("a heartbeat says when it went out, and what came back") {
  fixture x;
  heart pulse{x.parts()};
  pulse.start();
  pulse.beat(5);
  REQUIRE(x.eventually([&] { return x.beats.size() == 1; }));
  pulse.beat(5);
  REQUIRE(x.eventually([&] { return x.beats.size() == 2; }));
  pulse.stop();
  CHECK(x.beats[0].sent == 1007ms); // After the connect, before the statement.
  CHECK(x.beats[0].answered);
  CHECK(x.beats[0].what->hb_seq == 1);
  CHECK(x.beats[1].sent == 1037ms);
  CHECK(x.beats[1].what->hb_seq == 2);
  CHECK(x.rows.opened == 1);
  CHECK(pulse.counted().beats == 2);
}

TEST_CASE("no answer is no death, and the next heartbeat connects again") {
  fixture x;
  using enum fake_store::answer;
  x.rows.script = {gone, beats, fake_store::answer::dead};
  heart pulse{x.parts()};
  pulse.start();
  for (std::size_t n = 1; n <= 3; ++n) {
    pulse.beat(5);
    REQUIRE(x.eventually([&] { return x.beats.size() == n; }));
  }
  pulse.stop();
  CHECK_FALSE(x.beats[0].answered);
  CHECK(x.beats[1].answered);
  CHECK(x.beats[1].what);
  CHECK(x.beats[2].answered); // Told that it is no member any more.
  CHECK_FALSE(x.beats[2].what);
  CHECK(x.rows.opened == 2);
  CHECK(pulse.counted().missed == 1);
  CHECK(pulse.counted().reconnects == 1);
}

TEST_CASE("time goes on while a heartbeat hangs") {
  fixture x;
  x.rows.script = {fake_store::answer::hangs};
  heart pulse{x.parts()};
  pulse.start();
  pulse.beat(5);
  REQUIRE(x.rows.wait_for_asked(1));
  int before = -1;
  CHECK(x.eventually([&] {
    before = before < 0 ? x.ticks : before;
    return x.ticks >= before + 20;
  }));
  CHECK(x.count_beats() == 0);
  pulse.beat(5); // Two that wait are one.
  pulse.beat(5);
  {
    std::lock_guard guard{x.rows.mutex};
    x.rows.script = {fake_store::answer::beats};
  }
  x.rows.changed.notify_all();
  REQUIRE(x.eventually([&] { return x.beats.size() == 2; }));
  std::this_thread::sleep_for(20ms); // A third would come at once.
  pulse.stop();
  CHECK(x.beats.size() == 2);
}

TEST_CASE("one ping is out at a time, and none is told after the end") {
  fixture x;
  heart pulse{x.parts()};
  pulse.start();
  pulse.ping();
  pulse.ping();
  REQUIRE(x.posted.size() == 1);
  {
    std::lock_guard guard{x.rows.mutex};
    x.rows.now += 400ms;
  }
  x.posted[0]();
  REQUIRE(x.pings.size() == 1);
  CHECK(x.pings[0].sent == 1000ms);
  pulse.ping();
  REQUIRE(x.posted.size() == 2);
  pulse.stop();
  x.posted[1]();
  CHECK(x.pings.size() == 1);
}

TEST_CASE("a scheduler that is stuck answers no ping; heartbeats go on") {
  fixture x;
  caf::actor_system_config config;
  config.set("scheduler.max-threads", std::size_t{1});
  caf::actor_system system{config};
  auto parts = x.parts();
  parts.scheduler = door_of(system);
  heart pulse{std::move(parts)};
  pulse.start();
  pulse.ping();
  REQUIRE(x.eventually([&] { return x.pings.size() == 1; }));
  std::promise<void> free;
  std::promise<void> stuck;
  system.spawn<caf::hidden>([&](caf::event_based_actor*) {
    stuck.set_value();
    free.get_future().wait();
  });
  stuck.get_future().wait();
  pulse.ping();
  pulse.beat(5);
  REQUIRE(x.eventually([&] { return x.beats.size() == 1; }));
  CHECK(x.count_pings() == 1);
  free.set_value();
  CHECK(x.eventually([&] { return x.pings.size() == 2; }));
  pulse.stop();
}

TEST_CASE("the node's clock goes forward") {
  auto first = boot_now();
  std::this_thread::sleep_for(3ms);
  CHECK(boot_now() - first >= 2ms);
}

} // namespace hansom
