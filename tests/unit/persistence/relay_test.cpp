#include "persistence/redis/stream_reader.hpp"
#include "persistence/redis/stream_sink.hpp"
#include "persistence/relay/relay.hpp"
#include "tests/unit/persistence/redis_server.hpp"

#include <array>
#include <chrono>
#include <map>
#include <thread>

namespace hansom::redis::testing {

namespace {

using namespace hansom::store::testing;
constexpr milliseconds patience{2000};

/// A journal that grows, its relay, and one consumer with a history.
struct relay_fixture {
  relay_fixture() : link_{server.config()}, look_{server.config()} {
    link_.start();
    look_.start();
    REQUIRE(link_.wait_connected(patience));
    REQUIRE(look_.wait_connected(patience));
    db = store->open();
    db->migrate();
    auto rows = db->claim_shards(db->start_incarnation("n", {1}), {1});
    epoch = rows.at(0).now;
    for (auto& x : rows)
      shards.push_back(x.shard);
  }
  ~relay_fixture() {
    relay_.reset();
    link_.stop();
  }

  void start_relay() {
    relay_ = make_relay({});
  }

  /// @param owned if given, which shards it is about.
  std::unique_ptr<relay> make_relay(std::function<shard_set()> owned) {
    relay::parts parts;
    parts.store = store;
    if (owned)
      parts.owned = std::move(owned);
    else
      parts.shards = shards;
    parts.sink = make_stream_sink(link_, with);
    parts.written = written;
    parts.now = [this] { return timestamp{clock.load()}; };
    relay_config quick;
    quick.batch = 7;
    quick.look = milliseconds{2};
    quick.verify_every = milliseconds{100};
    quick.retry = milliseconds{20};
    auto out = std::make_unique<relay>(quick, std::move(parts));
    out->start();
    return out;
  }

  /// Commits one trip of three events, over three commits.
  void commit(std::uint64_t n, timestamp at = {1'700'000'000'000}) {
    auto shard = static_cast<shard_id>(n % 5);
    for (std::uint64_t seq = 1; seq <= 3; ++seq) {
      auto x = step(trip(n, shard), seq, epoch);
      x.at = at;
      x.events[0].payload = "{\"n\":" + std::to_string(n) + "}";
      REQUIRE(db->commit({x}).at(0).what == store::outcome::committed);
      written->shard_events.at(shard) += 1;
      ++committed;
    }
  }

  /// Reads until the stream is quiet.
  void consume(stream_reader& from, milliseconds quiet = milliseconds{300}) {
    auto last = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - last < quiet) {
      auto got = from.read(milliseconds{50});
      for (auto& x : got.notices)
        notices.push_back(x);
      for (auto& x : got.events) {
        ++heard[{x.shard, x.shard_seq}];
        events[{x.shard, x.shard_seq}] = x;
      }
      if (!got.events.empty()) {
        from.acknowledge(got.events);
        last = std::chrono::steady_clock::now();
      }
    }
  }

  /// I14: every event of the journal was delivered, none was invented.
  void judge() {
    std::size_t rows = 0;
    db->scan_journal([&](const store::journal_row& x) {
      ++rows;
      auto found = events.find({x.shard, x.shard_seq});
      REQUIRE(found != events.end());
      CHECK(found->second.entity == to_string(x.entity));
      CHECK(found->second.seq == x.seq);
      CHECK(found->second.kind == x.kind);
      CHECK(found->second.payload == x.payload);
      CHECK(found->second.at == x.at);
    });
    CHECK(rows == committed);
    CHECK(events.size() == rows);
  }

  stream_reader::options as(const char* group, const char* who) {
    stream_reader::options out;
    out.group = group;
    out.consumer = who;
    out.claim_after = milliseconds{50};
    out.claim_every = milliseconds{50};
    return out;
  }

  redis_server server;
  link link_;
  link look_;
  config with;
  std::shared_ptr<store::factory> store = store::make_sqlite_in_memory();
  std::unique_ptr<store::connection> db;
  store::epoch epoch = 0;
  std::vector<shard_id> shards;
  std::shared_ptr<journal_writer_stats> written =
    std::make_shared<journal_writer_stats>();
  std::atomic<std::int64_t> clock{1'700'000'001'000};
  std::unique_ptr<relay> relay_;
  std::size_t committed = 0;
  std::map<std::pair<shard_id, std::uint64_t>, int> heard;
  std::map<std::pair<shard_id, std::uint64_t>, stream_event> events;
  std::vector<std::string> notices;
};

} // namespace

TEST_CASE_FIXTURE(relay_fixture, "each event is published once, in order") {
  for (std::uint64_t n = 1; n <= 20; ++n)
    commit(n); // Before the relay starts, and while it runs.
  start_relay();
  for (std::uint64_t n = 21; n <= 60; ++n)
    commit(n);
  stream_reader reader{look_, as("g", "a")};
  REQUIRE(reader.join().empty());
  consume(reader);
  judge();
  CHECK(relay_->stats().events == committed);
  CHECK(eventually([&] { return relay_->stats().lag_events == 0; }));
  auto stream =
    look_.call(command{"XRANGE", "hansom:events:3", "-", "+"}, patience);
  for (std::size_t i = 0; i < stream.items.size(); ++i)
    CHECK(stream.items[i].items[0].text == std::to_string(i + 1) + "-0");
}

TEST_CASE_FIXTURE(relay_fixture, "I14 holds over flush, restart and absence") {
  start_relay();
  stream_reader reader{look_, as("g", "a")};
  REQUIRE(reader.join().empty());
  std::uint64_t n = 0;
  auto some = [&] {
    for (int i = 0; i < 40; ++i)
      commit(++n);
  };
  some();
  consume(reader);
  some();
  REQUIRE(eventually([&] { return relay_->stats().events == committed; }));
  look_.post(command{"FLUSHALL"}); // With events that nobody has read.
  some();
  consume(reader);
  judge();
  CHECK(relay_->stats().regressions > 0);
  REQUIRE_FALSE(notices.empty());
  CHECK(notices[0].find("emptied") != std::string::npos);

  some();
  server.stop();
  some();
  REQUIRE(eventually([&] { return relay_->stats().sink_away.load(); }));
  CHECK(eventually([&] { return relay_->stats().lag_events > 0; }));
  std::this_thread::sleep_for(milliseconds{500});
  server.start();
  REQUIRE(look_.wait_connected(patience));
  some();
  consume(reader, milliseconds{800});
  judge();
  for (auto& [id, times] : heard)
    CHECK(times == 1); // The reader leaves out what it knows.
  CHECK_FALSE(relay_->stats().sink_away);
}

TEST_CASE_FIXTURE(relay_fixture, "a flush between two batches leaves no hole") {
  start_relay();
  std::thread flusher{[&] {
    for (int i = 0; i < 20; ++i) {
      look_.post(command{"FLUSHALL"});
      std::this_thread::sleep_for(milliseconds{7});
    }
  }};
  for (std::uint64_t n = 1; n <= 300; ++n)
    commit(n);
  flusher.join();
  stream_reader reader{look_, as("g", "a")};
  REQUIRE(eventually([&] { return reader.join().empty(); }));
  consume(reader, milliseconds{800});
  judge();
}

namespace {

/// What one node owns, changed while its relay runs.
struct node_shards {
  std::array<std::atomic<bool>, 5> has{};

  std::function<shard_set()> look() {
    return [this] {
      shard_set out;
      for (std::size_t i = 0; i < has.size(); ++i)
        out.set(i, has[i]);
      return out;
    };
  }
};

} // namespace

TEST_CASE_FIXTURE(relay_fixture,
                  "shards go from node to node: the new owner goes on where "
                  "the former one stopped, and one that has not noticed harms "
                  "nothing") {
  node_shards a, b;
  for (auto& x : a.has)
    x = true;
  auto first = make_relay(a.look());
  auto second = make_relay(b.look());
  for (std::uint64_t n = 1; n <= 100; ++n) {
    commit(n);
    // Every ten commits a shard moves; every second one stays with both.
    if (n % 10 == 0) {
      auto shard = n / 10 % 5;
      b.has.at(shard) = true;
      a.has.at(shard) = n / 10 % 2 == 0;
    }
  }
  stream_reader reader{look_, as("g", "a")};
  REQUIRE(eventually([&] { return reader.join().empty(); }));
  consume(reader, milliseconds{500});
  judge();
  CHECK(second->stats().events > 0);
  for (shard_id s = 0; s < 5; ++s) {
    auto stream = look_.call(
      command{"XRANGE", "hansom:events:" + std::to_string(s), "-", "+"},
      patience);
    CHECK(stream.items.size() == 60);
    for (std::size_t i = 0; i < stream.items.size(); ++i)
      CHECK(stream.items[i].items[0].text == std::to_string(i + 1) + "-0");
    // Both know how far it is, whoever published it.
    CHECK(eventually([&] { return first->stats().published[s] == 60; }));
    CHECK(eventually([&] { return second->stats().published[s] == 60; }));
  }
}

TEST_CASE_FIXTURE(relay_fixture,
                  "an empty stream gets the last hour, not more") {
  constexpr std::int64_t hour = 3'600'000;
  auto now = clock.load();
  for (std::uint64_t n = 0; n < 50; ++n)
    commit(5 * n + 5, {now - 3 * hour + static_cast<std::int64_t>(n) * 60'000});
  for (std::uint64_t n = 0; n < 50; ++n)
    commit(5 * n + 1000, {now - hour / 2});
  CHECK(first_since(*db, 0, {now - hour}) == 151);
  CHECK(first_since(*db, 0, {0}) == 1);
  CHECK(first_since(*db, 0, {now}) == 301);
  CHECK(first_since(*db, 77, {now}) == 1);
  start_relay();
  stream_reader reader{look_, as("g", "a")};
  REQUIRE(reader.join().empty());
  consume(reader);
  CHECK(events.size() == 150);
  CHECK(events.begin()->first.second == 151);
}

namespace {

/// Takes a while for each batch.
class slow_sink : public event_sink {
public:
  std::optional<std::vector<std::uint64_t>>
  last(const std::vector<shard_id>& shards) override {
    return std::vector<std::uint64_t>(shards.size(), 0);
  }
  outcome publish(shard_id, std::uint64_t,
                  const std::vector<store::journal_row>&) override {
    std::this_thread::sleep_for(milliseconds{20});
    return outcome::published;
  }
  [[nodiscard]] std::uint64_t generation() const override {
    return 1;
  }
  std::string describe() const override {
    return "slow";
  }
};

} // namespace

TEST_CASE("a long journal and a slow sink hold up no stop") {
  auto store = std::shared_ptr<store::factory>{store::make_sqlite_in_memory()};
  auto db = store->open();
  db->migrate();
  auto epoch = db->claim_shards(db->start_incarnation("n", {1}), {1}).at(0).now;
  for (std::uint64_t seq = 1; seq <= 400; ++seq)
    REQUIRE(db->commit({step(trip(1, 3), seq, epoch)}).at(0).what
            == store::outcome::committed);
  relay::parts parts;
  parts.store = store;
  parts.shards = {3};
  parts.sink = std::make_unique<slow_sink>();
  parts.written = std::make_shared<journal_writer_stats>();
  parts.now = [] { return timestamp{1'700'000'000'000}; };
  relay_config with;
  with.batch = 1; // 400 batches of 20 ms: 8 s and more.
  with.farewell = milliseconds{200};
  relay r{with, std::move(parts)};
  r.start();
  r.stop();
  CHECK(r.stats().events < 100); // A farewell has time for ten of them.
}

TEST_CASE_FIXTURE(relay_fixture, "a stream of another store is left alone") {
  look_.post(command{"XADD", "hansom:events:1", "999-0", "kind", "theirs"});
  REQUIRE(look_.call(command{"PING"}, patience).ok());
  commit(1);
  commit(2);
  start_relay();
  CHECK(eventually([&] { return relay_->stats().ahead == 1; }));
  CHECK(eventually([&] { return relay_->stats().events == 3; }));
  auto length = look_.call(command{"XLEN", "hansom:events:1"}, patience).number;
  CHECK(length == 1);
  look_.post(command{"DEL", "hansom:events:1"});
  CHECK(eventually([&] { return relay_->stats().events == 6; }));
  CHECK(eventually([&] { return relay_->stats().ahead == 0; }));
}

TEST_CASE_FIXTURE(relay_fixture, "what a dead consumer took is taken over") {
  for (std::uint64_t n = 1; n <= 10; ++n)
    commit(n);
  start_relay();
  REQUIRE(eventually([&] { return relay_->stats().events == committed; }));
  {
    stream_reader dead{look_, as("g", "dead")};
    REQUIRE(dead.join().empty());
    CHECK_FALSE(dead.read(milliseconds{50}).events.empty());
  }
  stream_reader reader{look_, as("g", "alive")};
  REQUIRE(reader.join().empty());
  std::this_thread::sleep_for(milliseconds{100});
  consume(reader);
  judge();
  // The same consumer, started again, gets what it did not acknowledge.
  commit(11);
  auto unread = reader.read(milliseconds{500});
  CHECK_FALSE(unread.events.empty());
  auto calm = as("g", "alive");
  calm.claim_after = milliseconds{60'000};
  stream_reader again{look_, calm};
  REQUIRE(again.join().empty());
  auto got = again.read(milliseconds{500});
  REQUIRE_FALSE(got.events.empty());
  CHECK(got.events[0].shard_seq == unread.events[0].shard_seq);
}

} // namespace hansom::redis::testing
