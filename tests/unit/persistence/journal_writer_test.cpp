#include "persistence/journal_writer.hpp"
#include "tests/unit/persistence/store_fixture.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <map>
#include <utility>

using namespace hansom;
using namespace hansom::store::testing;
using namespace std::chrono_literals;
using store::claim;
using store::claim_kind;
using store::outcome;

namespace {

/// Passes on to a real store, and fails on demand.
class fake_connection : public store::connection {
public:
  /// The connection breaks at the next commit, before it or after.
  enum class cut_when : std::uint8_t { never, before, after };

  struct controls {
    bool down = false;
    bool cut_first = false;
    cut_when cut = cut_when::never;
    std::vector<std::size_t> batches; ///< Sizes, in order.
  };

  fake_connection(std::unique_ptr<store::connection> real, controls& knobs)
    : real_{std::move(real)}, knobs_{knobs} {
  }

  std::vector<store::result>
  commit(const std::vector<store::write>& batch) override {
    if (batch.empty()) { // The writer's first, before anybody writes.
      if (std::exchange(knobs_.cut_first, false))
        throw store::unknown_outcome_error{"cut"};
      return {};
    }
    knobs_.batches.push_back(batch.size());
    check();
    auto cut = std::exchange(knobs_.cut, cut_when::never);
    if (cut == cut_when::before)
      throw store::unknown_outcome_error{"cut"};
    auto results = real_->commit(batch);
    if (cut == cut_when::after)
      throw store::unknown_outcome_error{"cut"};
    return results;
  }
  std::optional<store::stored_entity> load(entity_ref x) override {
    check();
    return real_->load(x);
  }
  std::optional<store::command_row>
  find_command(const store::command_key& x) override {
    check();
    return real_->find_command(x);
  }
  std::optional<entity_ref> holder_of(claim x) override {
    check();
    return real_->holder_of(x);
  }

  std::vector<bool>
  which_happened(const std::vector<store::write>& batch) override {
    check();
    return real_->which_happened(batch);
  }

  // What the actors never ask.
  void migrate() override {
  }
  store::incarnation start_incarnation(std::string_view, timestamp) override {
    return 0;
  }
  std::vector<store::shard_row> claim_shards(store::incarnation,
                                             timestamp) override {
    return {};
  }
  void
  for_each_active(shard_id,
                  const std::function<void(store::stored_entity)>&) override {
  }
  std::vector<store::journal_row> journal_of(entity_ref x,
                                             std::size_t limit) override {
    check();
    return real_->journal_of(x, limit);
  }
  std::vector<store::journal_row> journal_after(shard_id, std::uint64_t,
                                                std::size_t) override {
    return {};
  }
  void
  scan_journal(const std::function<void(const store::journal_row&)>&) override {
  }
  void scan_entities(
    const std::function<void(const store::stored_entity&)>&) override {
  }
  void
  scan_claims(const std::function<void(const store::claim_row&)>&) override {
  }
  void scan_transfers(
    const std::function<void(const store::transfer_row&)>&) override {
  }
  void scan_commands(
    const std::function<void(const store::command_row&)>&) override {
  }
  void scan_shard_history(
    const std::function<void(const store::shard_history_row&)>&) override {
  }

private:
  void check() const {
    if (knobs_.down)
      throw store::unavailable_error{"the disk is gone"};
  }

  std::unique_ptr<store::connection> real_;
  controls& knobs_;
};

class fake_factory : public store::factory {
public:
  fake_factory(store::factory& real, fake_connection::controls& knobs)
    : real_{real}, knobs_{knobs} {
  }
  std::unique_ptr<store::connection> open() override {
    ++opened;
    if (knobs_.down)
      throw store::unavailable_error{"cannot connect"};
    return std::make_unique<fake_connection>(real_.open(), knobs_);
  }
  std::string describe() const override {
    return "fake";
  }

  int opened = 0;

private:
  store::factory& real_;
  fake_connection::controls& knobs_;
};

struct kept_spans final : span_sink {
  void take(finished_span x) override {
    all.push_back(std::move(x));
  }
  std::vector<finished_span> all;
};

/// One thread, hand-driven clock: nothing runs until `settle`. Each test runs
/// on each of the stores.
struct writer_fixture {
  writer_fixture()
    : system{configure(settings)},
      scheduler{
        dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler())},
      self{system, true} {
    SUBCASE("SQLite") {
      below = &sqlite.make();
    }
    SUBCASE("PostgreSQL") {
      below = &server.make();
    }
    auto db = below->open();
    db->migrate();
    db->claim_shards(db->start_incarnation("a", {1}), {1});
    connections = std::make_shared<fake_factory>(*below, knobs);
  }

  ~writer_fixture() {
    self->send_exit(writer, caf::exit_reason::user_shutdown);
    settle();
  }

  static caf::actor_system_config& configure(caf::actor_system_config& x) {
    x.set("scheduler.policy", caf::atom("testing"));
    return x;
  }

  void spawn(journal_writer_config config = {}) {
    writer =
      spawn_journal_writer(system, connections->open(), config, stats, false);
  }

  void spawn_lasting(journal_writer_config config) {
    writer =
      spawn_journal_writer(system, std::shared_ptr<store::factory>{connections},
                           config, stats, false);
  }

  /// Lets time pass in small steps, so that each timer has its turn.
  void advance(std::chrono::milliseconds time) {
    for (; time > 0ms; time -= 100ms) {
      scheduler.advance_time(100ms);
      settle();
    }
  }

  void ask(store::write what, std::uint64_t token, bool urgent = true) {
    self->send(writer, commit_request{std::move(what), token, urgent});
  }

  void settle() {
    while (scheduler.try_run_once())
      continue;
  }

  /// Runs everything; @returns (token, outcome) in order of arrival.
  std::vector<std::pair<std::uint64_t, outcome>> answers() {
    settle();
    std::vector<std::pair<std::uint64_t, outcome>> out;
    while (self->has_next_message())
      self->receive([&](const commit_result& x) {
        out.emplace_back(x.token, x.result.what);
      });
    return out;
  }

  caf::actor_system_config settings;
  caf::actor_system system;
  caf::scheduler::test_coordinator& scheduler;
  caf::scoped_actor self;
  in_memory sqlite;
  on_postgres server;
  store::factory* below = nullptr;
  fake_connection::controls knobs;
  std::shared_ptr<fake_factory> connections;
  std::shared_ptr<journal_writer_stats> stats =
    std::make_shared<journal_writer_stats>();
  caf::actor writer;
};

using answer_list = std::vector<std::pair<std::uint64_t, outcome>>;
using sizes = std::vector<std::size_t>;

} // namespace

TEST_CASE_FIXTURE(writer_fixture, "what waits becomes one batch") {
  spawn();
  ask(step(trip(1), 1), 11);
  ask(step(trip(1), 2), 12);
  ask(step(trip(2), 1), 13);
  CHECK(answers()
        == answer_list{{11, outcome::committed},
                       {12, outcome::committed},
                       {13, outcome::committed}});
  CHECK(knobs.batches == sizes{3});
  CHECK(stats->writes == 3);
  CHECK(stats->events == 3);
  CHECK(stats->queued == 0);
  CHECK(below->open()->load(trip(1))->rev == 2);
}

TEST_CASE_FIXTURE(writer_fixture, "a connection that breaks before the first "
                                  "request is replaced for it") {
  knobs.cut_first = true;
  spawn_lasting({});
  CHECK_FALSE(knobs.cut_first);
  ask(step(trip(1), 1), 11);
  CHECK(answers() == answer_list{{11, outcome::committed}});
}

TEST_CASE_FIXTURE(writer_fixture, "a batch links all traces that it serves") {
  kept_spans spans;
  tracer traces{{}, 1, {1}, spans};
  journal_writer_config config;
  config.spans = &traces;
  spawn(config);
  const trace_context first{1, 2, 3}, second{4, 5, 6};
  self->send(writer, commit_request{step(trip(1), 1), 11, true, first});
  self->send(writer, commit_request{step(trip(2), 1), 12, true, {}});
  self->send(writer, commit_request{step(trip(3), 1), 13, true, second});
  CHECK(answers().size() == 3);
  REQUIRE(spans.all.size() == 1);
  CHECK(spans.all[0].name == "store batch");
  CHECK(spans.all[0].what.at.trace_low == first.trace_low);
  CHECK(spans.all[0].what.parent == first.span);
  REQUIRE(spans.all[0].links.size() == 1);
  CHECK(spans.all[0].links[0].span == second.span);
}

TEST_CASE_FIXTURE(writer_fixture, "every request has exactly one answer") {
  spawn({16, 1'000});
  std::map<std::uint64_t, int> seen;
  for (std::uint64_t i = 1; i <= 500; ++i)
    ask(step(trip(i % 50), 1 + i / 50), i, i % 3 != 0);
  for (auto& [token, what] : answers())
    ++seen[token];
  CHECK(seen.size() == 500);
  for (auto& [token, n] : seen)
    CHECK(n == 1);
  CHECK(*std::max_element(knobs.batches.begin(), knobs.batches.end()) == 16);
}

TEST_CASE_FIXTURE(writer_fixture, "the urgent lane goes first") {
  spawn({8, 1'000});
  for (std::uint64_t i = 1; i <= 20; ++i)
    ask(step(trip(i), 1), i, false);
  for (std::uint64_t i = 101; i <= 120; ++i)
    ask(step(trip(i), 1), i, true);
  auto got = answers();
  REQUIRE(got.size() == 40);
  // Seven urgent ones and one other, that nobody starves.
  for (std::size_t i = 0; i < 7; ++i)
    CHECK(got[i].first == 101 + i);
  CHECK(got[7].first == 1);
}

TEST_CASE_FIXTURE(writer_fixture, "lanes keep the order of one entity") {
  spawn();
  ask(step(trip(1), 1), 1, false);
  ask(step(trip(2), 1), 2, true);
  ask(step(trip(1), 2), 3, true);
  CHECK(answers()
        == answer_list{{2, outcome::committed},
                       {1, outcome::committed},
                       {3, outcome::committed}});
}

TEST_CASE_FIXTURE(writer_fixture, "a full queue refuses at once") {
  spawn({4, 10});
  for (std::uint64_t i = 1; i <= 30; ++i)
    ask(step(trip(i), 1), i);
  auto got = answers();
  CHECK(got.size() == 30);
  auto refused = std::count_if(got.begin(), got.end(), [](auto& x) {
    return x.second == outcome::unavailable;
  });
  CHECK(refused == 20);
  CHECK(stats->refused_full == 20);
  CHECK(stats->queued == 0);
}

TEST_CASE_FIXTURE(writer_fixture, "outcomes are counted") {
  spawn();
  ask(with_command(step(trip(1), 1), rider_id{1}, "c"), 1);
  ask(with_command(step(trip(2), 1), rider_id{1}, "c"), 2);
  ask(step(trip(3), 1, 7), 3);
  ask(step(trip(4), 9), 4);
  CHECK(answers()
        == answer_list{{1, outcome::committed},
                       {2, outcome::duplicate_command},
                       {3, outcome::stale_epoch},
                       {4, outcome::sequence_conflict}});
  CHECK(stats->duplicates == 1);
  CHECK(stats->fenced == 1);
  CHECK(stats->sequence_conflicts == 1);
}

TEST_CASE_FIXTURE(writer_fixture, "nothing is acknowledged without a store") {
  spawn();
  knobs.down = true;
  ask(step(trip(1), 1), 1);
  ask(step(trip(2), 1), 2);
  CHECK(answers()
        == answer_list{{1, outcome::unavailable}, {2, outcome::unavailable}});
  CHECK(stats->unavailable == 2);
  CHECK_FALSE(below->open()->load(trip(1)));
  knobs.down = false;
  ask(step(trip(1), 1), 3);
  CHECK(answers() == answer_list{{3, outcome::committed}});
}

TEST_CASE_FIXTURE(writer_fixture, "while the store is gone commands wait") {
  spawn_lasting({256, 1'000, 3, 1s});
  CHECK(connections->opened == 1);
  knobs.down = true;
  for (std::uint64_t i = 1; i <= 5; ++i) {
    ask(step(trip(i), 1), i);
    settle();
  }
  // Three wait; the others are refused at once.
  CHECK(answers()
        == answer_list{{4, outcome::unavailable}, {5, outcome::unavailable}});
  CHECK(stats->outage_began_ns != 0);
  CHECK(stats->last_failure() == "the disk is gone");
  CHECK(stats->refused_full == 2);
  scheduler.advance_time(250ms);
  settle();
  CHECK(connections->opened == 2);
  CHECK(stats->last_failure() == "cannot connect");
  CHECK(answers().empty());
  knobs.down = false;
  scheduler.advance_time(250ms);
  CHECK(answers()
        == answer_list{{1, outcome::committed},
                       {2, outcome::committed},
                       {3, outcome::committed}});
  CHECK(connections->opened == 3);
  CHECK(stats->outage_began_ns == 0);
  ask(step(trip(6), 1), 6);
  CHECK(answers() == answer_list{{6, outcome::committed}});
}

TEST_CASE_FIXTURE(writer_fixture, "nobody waits for ever for the store") {
  spawn_lasting({256, 1'000, 100, 1s});
  knobs.down = true;
  ask(step(trip(1), 1), 1);
  CHECK(answers().empty());
  advance(600ms);
  ask(step(trip(2), 1), 2);
  CHECK(answers().empty());
  advance(600ms);
  CHECK(answers() == answer_list{{1, outcome::unavailable}});
  CHECK(stats->expired == 1);
  knobs.down = false;
  advance(200ms);
  CHECK(answers() == answer_list{{2, outcome::committed}});
  CHECK_FALSE(below->open()->load(trip(1)));
}

TEST_CASE_FIXTURE(writer_fixture, "what may have happened is found out") {
  for (auto happened : {true, false}) {
    CAPTURE(happened);
    spawn_lasting({256, 1'000, 100, 1s});
    auto n = happened ? 10U : 20U;
    knobs.cut = happened ? fake_connection::cut_when::after
                         : fake_connection::cut_when::before;
    ask(with_command(step(trip(n), 1), rider_id{n}, "c"), 1);
    ask(with_command(step(trip(n + 1), 1), rider_id{n}, "d"), 2);
    ask(step(trip(n + 2), 7), 3); // Would be a conflict in any case.
    settle();
    knobs.down = true;
    advance(3s); // Longer than anybody waits: but these may have happened.
    CHECK(answers().empty());
    knobs.down = false;
    advance(200ms);
    auto got = answers();
    std::sort(got.begin(), got.end());
    CHECK(got
          == answer_list{{1, outcome::committed},
                         {2, outcome::committed},
                         {3, outcome::sequence_conflict}});
    CHECK(below->open()->journal_of(trip(n)).size() == 1);
    self->send_exit(writer, caf::exit_reason::user_shutdown);
    settle();
  }
}

TEST_CASE_FIXTURE(writer_fixture, "what was accepted survives the stop") {
  spawn({2, 100});
  for (std::uint64_t i = 1; i <= 9; ++i)
    ask(step(trip(i), 1), i);
  // Handles the nine requests, none of the batches, and then the stop.
  self->send_exit(writer, caf::exit_reason::user_shutdown);
  auto got = answers();
  CHECK(got.size() == 9);
  for (auto& [token, what] : got)
    CHECK(what == outcome::committed);
}

TEST_CASE_FIXTURE(writer_fixture, "the reader answers look-ups") {
  spawn();
  auto reader = spawn_store_reader(system, connections->open(), false);
  auto first = with_command(step(trip(1), 1), rider_id{1}, "c");
  ask(with_take(first, claim_kind::rider, 1), 1);
  answers();
  auto look_up = [&](std::string id) {
    self->send(reader, lookup_command{{rider_id{1}, std::move(id)}, 7});
    settle();
    lookup_result out;
    self->receive([&](const lookup_result& x) { out = x; });
    CHECK(out.token == 7);
    return out;
  };
  auto load = [&](trip_id x) {
    self->send(
      reader,
      load_entity{x, {{claim_kind::rider, 1}, {claim_kind::rider, 2}}, 8});
    settle();
    load_result out;
    self->receive([&](const load_result& r) { out = r; });
    CHECK(out.token == 8);
    CHECK(out.entity.entity == entity_ref{x});
    return out;
  };
  CHECK(look_up("c").found);
  CHECK(look_up("c").entity == entity_ref{trip(1)});
  CHECK_FALSE(look_up("other").found);
  CHECK(load(trip(1)).entity.rev == 1);
  CHECK_FALSE(load(trip(2)).found);
  // Claims are answered whether or not the entity has a state of its own.
  auto claims = load(trip(2)).claims;
  REQUIRE(claims.size() == 1);
  CHECK(claims[0].what == claim{claim_kind::rider, 1});
  CHECK(claims[0].holder == entity_ref{trip(1)});
  knobs.down = true;
  CHECK(look_up("c").unavailable);
  CHECK(load(trip(1)).unavailable);
  self->send_exit(reader, caf::exit_reason::user_shutdown);
}
