// Goal: a store that is kept in order for a hundred virtual days forgets what
// it should and nothing else, on each engine; whoever starts again goes on.

#include "persistence/backup.hpp"
#include "persistence/keys.hpp"
#include "persistence/postgres/session.hpp"
#include "persistence/upkeep/upkeep.hpp"
#include "tests/unit/persistence/store_fixture.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>

namespace hansom::store::testing {

namespace {

constexpr std::int64_t hour = 3'600'000;
constexpr std::int64_t day = 24 * hour;
/// Midnight UTC; the past, since a server refuses to forget the present.
constexpr timestamp beginning{1'700'006'400'000};

const std::string exact = R"("pickup":{"lat":40.7313189,"lon":-73.9885260})";
const std::string coarse = R"("pickup":{"lat":40.7310000,"lon":-73.9880000})";

std::string state_of(std::uint64_t rev, const std::string& place) {
  return "{\"rev\":" + std::to_string(rev) + ',' + place + '}';
}

/// As a node would write: each entity's number and time move on.
struct world {
  factory* connections;
  std::unique_ptr<connection> c;
  incarnation self = 0;
  timestamp now = beginning;
  std::map<entity_ref, std::uint64_t> revs;
  std::uint32_t trips = 0;
  epoch at_epoch = 0;
  upkeep_config config;
  shard_numbers published{};
  bool publishes = false;

  explicit world(factory& f) : connections{&f} {
    restart();
    config.step_rows = 7; // Many steps.
  }

  void restart() {
    c = connections->open();
    c->migrate();
    self = c->start_incarnation("n1", now);
    at_epoch = c->claim_shards(self, now).at(0).now;
  }

  outcome say(entity_ref who, bool active, const std::string& id = {}) {
    write x;
    x.entity = who;
    x.shard = shard_of(who);
    x.claimed_epoch = at_epoch;
    x.first_seq = revs[who] + 1;
    x.at = now;
    auto first = x.first_seq == 1 && who.kind == entity_kind::trip;
    x.events = {{"said", first ? '{' + exact + '}' : "{}"}};
    x.state = state_of(x.first_seq, exact);
    x.active = active;
    if (!id.empty())
      x.command = command_key{driver_id{1}, id};
    auto out = outcome_of(*c, x);
    if (out == outcome::committed)
      ++revs[who];
    return out;
  }

  trip_id new_trip() {
    ++trips;
    return make_trip_id(static_cast<shard_id>(trips % 3),
                        static_cast<std::uint64_t>(now.ms / 1000), self, trips);
  }

  trip_id ride() {
    auto x = new_trip();
    for (int i = 1; i <= 4; ++i)
      REQUIRE(say(x, i < 4, to_string(x) + std::to_string(i))
              == outcome::committed);
    return x;
  }

  void keep_up() {
    upkeep::parts parts;
    parts.store = std::shared_ptr<factory>{connections, [](auto*) {}};
    parts.self = self;
    parts.now = [this] { return now; };
    parts.fold = [](entity_ref, const std::string& base, auto& rows) {
      auto seq = rows.front().seq;
      if (seq > 1 && base.find("\"rev\":" + std::to_string(seq - 1) + ',') > 2)
        return std::optional<std::string>{};
      return std::optional{state_of(rows.back().seq, exact)};
    };
    if (publishes)
      parts.published = [this] { return published; };
    upkeep{config, std::move(parts)}.run_once();
  }

  std::vector<journal_row> journal() {
    std::vector<journal_row> out;
    c->scan_journal([&](auto& x) { out.push_back(x); });
    return out;
  }

  /// Shards are dense from their trim, entities from their base.
  void check_beginnings() {
    std::map<shard_id, std::uint64_t> shards;
    std::map<entity_ref, std::uint64_t> seqs;
    c->scan_trims([&](auto& x) { shards[x.shard] = x.seq; });
    c->scan_bases([&](auto& x) { seqs[x.entity] = x.rev; });
    for (auto& x : journal()) {
      CHECK(x.shard_seq == ++shards[x.shard]);
      CHECK(x.seq == ++seqs[x.entity]);
    }
    std::map<entity_ref, std::uint64_t> states;
    c->scan_entities([&](auto& x) {
      CHECK(states.emplace(x.entity, x.rev).second);
      auto seen = seqs.find(x.entity);
      CHECK((seen == seqs.end() || seen->second == x.rev));
      CHECK(x.state == c->load(x.entity)->state);
    });
    CHECK(states == revs);
  }
};

} // namespace

TEST_CASE_TEMPLATE("a hundred days of upkeep", Backend, on_disk, on_postgres) {
  Backend backend;
  world w{backend.make()};
  auto first = w.ride();
  const entity_ref worker{driver_id{7}}, gone{driver_id{8}};
  w.say(gone, false);
  for (int i = 0; i < 100; ++i) {
    w.say(worker, true);
    w.ride();
    // One under way over midnight: its events are on both sides of a day.
    auto late = w.new_trip();
    w.say(late, true);
    w.now.ms += day;
    w.say(late, false);
    if (i % 20 == 10)
      w.restart();
    w.keep_up();
  }
  auto cut = w.now - w.config.journal;
  for (auto& x : w.journal())
    CHECK(x.at.ms >= cut.ms - cut.ms % day - day);
  CHECK(w.journal().size() < 95 * 7);
  w.check_beginnings();
  CHECK(w.c->load(first)->rev == 4);
  CHECK(w.c->journal_of(first).empty());
  CHECK(w.c->load(worker)->active);
  std::size_t commands = 0;
  w.c->scan_commands([&](auto&) { ++commands; });
  CHECK(commands <= 8);
  CHECK(w.c->commands_since().ms > beginning.ms);
  // Numbers and entities go on where they were, after a start as well.
  w.c.reset();
  w.connections = backend.reopen();
  w.restart();
  CHECK(w.say(first, false) == outcome::committed);
  CHECK(w.say(gone, false) == outcome::committed);
  CHECK(w.c->load(first)->rev == 5);
  w.check_beginnings();
}

TEST_CASE_TEMPLATE("closed trips move, are found, and come back", Backend,
                   on_disk, in_memory, on_postgres) {
  Backend backend;
  world w{backend.make()};
  auto open = w.new_trip();
  w.say(open, true);
  auto closed = w.ride();
  w.now.ms += day - hour;
  w.keep_up();
  auto late = w.ride();
  w.now.ms += 2 * hour;
  w.keep_up();
  w.keep_up(); // Nothing twice.
  w.check_beginnings();
  CHECK(w.c->load(closed)->state == state_of(4, exact));
  CHECK(w.c->load(late)->rev == 4);
  CHECK(w.c->load(open)->active);
  // A batch with more than one, and another's mistake beside it.
  CHECK(w.say(closed, false) == outcome::committed);
  CHECK(w.say(closed, false) == outcome::committed);
  w.revs[closed] = 3;
  CHECK(w.say(closed, false) == outcome::sequence_conflict);
  w.revs[closed] = 6;
  w.now.ms += 2 * day;
  w.keep_up();
  w.check_beginnings();
  CHECK(w.c->load(closed)->rev == 6);
}

TEST_CASE_TEMPLATE("positions become coarse, in state and journal alike",
                   Backend, on_disk, on_postgres) {
  Backend backend;
  world w{backend.make()};
  w.config.exact_positions = milliseconds{5 * day};
  auto old = w.ride();
  w.now.ms += 4 * day;
  auto young = w.ride();
  w.now.ms += 2 * day;
  w.keep_up();
  CHECK(w.c->load(old)->state == state_of(4, coarse));
  CHECK(w.c->journal_of(old).at(0).payload == '{' + coarse + '}');
  CHECK(w.c->load(young)->state == state_of(4, exact));
  CHECK(w.c->journal_of(young).at(0).payload == '{' + exact + '}');
  w.check_beginnings();
}

TEST_CASE_TEMPLATE("what is not published stays, and a stale node does nothing",
                   Backend, on_disk, on_postgres) {
  Backend backend;
  world w{backend.make()};
  w.config.journal = milliseconds{2 * day};
  auto trip = w.ride();
  w.now.ms += 5 * day;
  w.publishes = true;
  w.keep_up();
  CHECK(w.journal().size() == 4);
  auto old = w.self;
  w.restart();
  std::swap(old, w.self);
  CHECK_THROWS_AS(w.keep_up(), unavailable_error);
  std::swap(old, w.self);
  w.published[shard_of(trip)] = 4;
  w.keep_up();
  CHECK(w.journal().empty());
  // Numbers are not given twice, though no row remembers them.
  w.c.reset();
  w.connections = backend.reopen();
  w.restart();
  CHECK(w.say(trip, false) == outcome::committed);
  w.check_beginnings();
}

TEST_CASE("upkeep that is killed loses nothing and does nothing twice") {
  on_disk backend;
  world w{backend.make()};
  for (int i = 0; i < 150; ++i, w.now.ms += hour) {
    w.say(driver_id{7}, true);
    w.ride();
  }
  w.now.ms += 2 * day;
  w.config.journal = w.config.exact_positions = milliseconds{3 * day};
  w.config.step_rows = 2;
  w.c.reset();
  backend.connections.reset();
  int killed = 0;
  for (int i = 0; i < 12; ++i) {
    auto child = ::fork();
    if (child == 0) {
      w.connections = &backend.make();
      w.restart();
      w.keep_up();
      ::_exit(0);
    }
    ::usleep(static_cast<useconds_t>(15'000 + i * 3'700));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    killed += WIFSIGNALED(status);
  }
  CHECK(killed >= 3);
  w.connections = &backend.make();
  w.restart();
  w.check_beginnings();
  w.keep_up();
  w.check_beginnings();
  CHECK(w.journal().size() < 150 * 5);
}

TEST_CASE("an entity that does not fold keeps its journal") {
  on_disk backend;
  world w{backend.make()};
  w.say(driver_id{7}, true);
  w.now.ms += 200 * day;
  w.say(driver_id{7}, true);
  w.revs[driver_id{7}] = 2;
  upkeep_order order;
  order.what = upkeep_task::trim_journal;
  order.self = w.self;
  order.before = w.now - milliseconds{day};
  order.fold = [](auto, auto&, auto&) { return std::nullopt; };
  CHECK_THROWS_AS(w.c->keep_up(order), unavailable_error);
  CHECK(w.journal().size() == 2);
}

TEST_CASE("PostgreSQL: events of days that nobody prepared get their days") {
  on_postgres backend;
  world w{backend.make()};
  w.now.ms += 300 * day; // No upkeep: the prepared days are long over.
  for (int i = 0; i < 3; ++i, w.now.ms += day)
    w.ride();
  auto before = w.journal();
  auto& server = postgres_server::instance();
  auto strays = [&] {
    postgres_options with;
    with.url = server.owner_url();
    postgres::watchdog dog;
    return postgres::session{with, dog}.value(
      "SELECT count(*) FROM hansom.journal_other");
  };
  CHECK(strays() == "12");
  w.now.ms += 2 * hour; // Till everybody's clock says so.
  w.keep_up();
  CHECK(strays() == "0");
  CHECK(w.journal().size() == before.size());
  w.check_beginnings();
  // A node may not do by hand what the functions do with care.
  postgres_options node;
  node.url = server.node_url();
  postgres::watchdog dog;
  postgres::session db{node, dog};
  for (auto* sql :
       {"DELETE FROM hansom.journal", "UPDATE hansom.journal SET payload = ''",
        "DELETE FROM hansom.trip_history", "DELETE FROM hansom.command"})
    CHECK_THROWS_AS(db.execute(sql), postgres::failure);
}

TEST_CASE("SQLite: a copy under way is whole, and replaces nothing") {
  temporary_folder folder;
  auto at = folder.path() + "/live";
  auto connections = make_sqlite(at);
  world w{*connections};
  for (int i = 0; i < 200; ++i)
    w.ride();
  auto file = folder.path() + "/copy.db";
  auto said = 0;
  backup_sqlite(at, file, [&](int, int) {
    ++said;
    w.ride(); // Commits go on.
  });
  CHECK(said > 0);
  CHECK_THROWS_AS(backup_sqlite(at, file, [](int, int) {}), std::runtime_error);
  restore_sqlite(file, folder.path() + "/again");
  CHECK_THROWS_AS(restore_sqlite(file, folder.path() + "/again"),
                  std::runtime_error);
  auto copy = make_sqlite(folder.path() + "/again", true);
  std::size_t rows = 0;
  copy->open()->scan_journal([&](auto&) { ++rows; });
  CHECK(rows == 800);
}

} // namespace hansom::store::testing
