#include "persistence/postgres/committer.hpp"
#include "persistence/postgres/housekeeper.hpp"
#include "persistence/postgres/reader.hpp"
#include "persistence/postgres/revocations.hpp"
#include "persistence/postgres/schema.hpp"
#include "persistence/postgres/values.hpp"

#include <pqxx/pqxx>
#include <spdlog/spdlog.h>

namespace hansom::store {

namespace postgres {

namespace {

/// Runs `f`, so that only the interface's errors leave the store.
template <class F>
auto guarded(F f) -> decltype(f()) {
  try {
    return f();
  } catch (const failure& e) {
    if (e.is_schema_fault())
      throw unavailable_error{std::string{e.what()}
                              + " (has hansom db migrate been run?)"};
    throw unavailable_error{e.what()};
  }
}

class postgres_connection : public connection {
public:
  explicit postgres_connection(std::shared_ptr<shared_state> shared)
    : shared_{std::move(shared)}, db_{shared_->with, shared_->dog} {
  }

  void migrate() override {
    guarded([&] { check_schema(db_); });
  }

  incarnation start_incarnation(std::string_view node_name,
                                timestamp at) override {
    return guarded([&] {
      refuse_read_only();
      refuse_cluster();
      db_.prepare("start", "INSERT INTO hansom.node(name, at) VALUES($1, $2) "
                           "RETURNING incarnation");
      db_.prepare("days", "SELECT hansom.prepare_journal_days($1, $2)");
      db_.run("days", {written(day_of(at)), written(days_ahead)});
      auto rows =
        db_.run("start", {std::string{node_name}, std::to_string(at.ms)});
      return static_cast<incarnation>(natural(rows[0][0]));
    });
  }

  std::vector<shard_row> claim_shards(incarnation self, timestamp at) override {
    std::lock_guard hold{shared_->gate};
    return guarded([&] {
      refuse_read_only();
      shared_->last.reset(); // Others may have numbered meanwhile.
      take_over(std::to_string(self), std::to_string(at.ms));
      std::vector<shard_row> out;
      db_.prepare("owned", "SELECT shard, epoch, owner FROM hansom.shard "
                           "WHERE owner = $1 ORDER BY shard");
      for (auto row : db_.run("owned", {std::to_string(self)}))
        out.push_back({static_cast<shard_id>(row[0].as<int>()),
                       static_cast<epoch>(natural(row[1])),
                       static_cast<incarnation>(natural(row[2]))});
      return out;
    });
  }

  std::vector<result> commit(const std::vector<write>& batch) override {
    std::lock_guard hold{shared_->gate};
    return guarded([&] {
      refuse_read_only();
      if (!writes_)
        writes_ = std::make_unique<committer>(db_, *shared_);
      return writes_->commit(batch);
    });
  }

  upkeep_step keep_up(const upkeep_order& order) override {
    return guarded([&] {
      refuse_read_only();
      if (!house_)
        house_ = std::make_unique<housekeeper>(db_);
      return house_->step(order);
    });
  }

  std::vector<bool> which_happened(const std::vector<write>& batch) override {
    return read([&](reader& x) { return x.which_happened(batch); });
  }
  std::optional<stored_entity> load(entity_ref entity) override {
    return read([&](reader& x) { return x.load(entity); });
  }
  void
  for_each_active(shard_id shard,
                  const std::function<void(stored_entity)>& visit) override {
    read([&](reader& x) { x.for_each_active(shard, visit); });
  }
  std::optional<command_row> find_command(const command_key& key) override {
    return read([&](reader& x) { return x.find_command(key); });
  }
  std::optional<entity_ref> holder_of(claim what) override {
    return read([&](reader& x) { return x.holder_of(what); });
  }
  std::vector<claim_row> holders_of(const std::vector<claim>& what) override {
    return read([&](reader& x) { return x.holders_of(what); });
  }
  std::vector<journal_row> journal_of(entity_ref entity,
                                      std::size_t limit) override {
    return read([&](reader& x) { return x.journal_of(entity, limit); });
  }
  std::vector<journal_row> journal_after(shard_id shard, std::uint64_t after,
                                         std::size_t limit) override {
    return read(
      [&](reader& x) { return x.journal_after(shard, after, limit); });
  }
  void put_revocation(const revocation_row& x) override {
    refuse_read_only();
    guarded([&] { revocations().put(x); });
  }
  std::vector<revocation_row> revocations_after(std::uint64_t after,
                                                std::size_t limit) override {
    return guarded([&] { return revocations().after(after, limit); });
  }
  std::uint64_t forget_revocations(timestamp now) override {
    refuse_read_only();
    return guarded([&] { return revocations().forget(now); });
  }
  void
  scan_journal(const std::function<void(const journal_row&)>& visit) override {
    read([&](reader& x) { x.scan_journal(visit); });
  }
  void scan_entities(
    const std::function<void(const stored_entity&)>& visit) override {
    read([&](reader& x) { x.scan_entities(visit); });
  }
  void
  scan_claims(const std::function<void(const claim_row&)>& visit) override {
    read([&](reader& x) { x.scan_claims(visit); });
  }
  void scan_transfers(
    const std::function<void(const transfer_row&)>& visit) override {
    read([&](reader& x) { x.scan_transfers(visit); });
  }
  void
  scan_commands(const std::function<void(const command_row&)>& visit) override {
    read([&](reader& x) { x.scan_commands(visit); });
  }
  void scan_shard_history(
    const std::function<void(const shard_history_row&)>& visit) override {
    read([&](reader& x) { x.scan_shard_history(visit); });
  }
  void
  scan_bases(const std::function<void(const stored_entity&)>& visit) override {
    read([&](reader& x) { x.scan_bases(visit); });
  }
  void scan_trims(const std::function<void(const trim_row&)>& visit) override {
    read([&](reader& x) { x.scan_trims(visit); });
  }
  timestamp commands_since() override {
    return read([](reader& x) { return x.commands_since(); });
  }

private:
  void refuse_read_only() const {
    if (shared_->with.read_only)
      throw unavailable_error{"the store was opened for reading only"};
  }

  /// Whoever starts alone takes every shard, also from members that serve.
  void refuse_cluster() {
    auto member = db_.value("SELECT name || ' at ' || address FROM hansom.node "
                            "WHERE status IN (1, 2, 3) "
                            "AND hb_at > hansom.now_ms() - 10000 "
                            "ORDER BY incarnation LIMIT 1");
    if (!member.empty())
      throw std::runtime_error{
        "the database belongs to a cluster, whose node " + member
        + " is alive: join it (cluster.enabled), or stop its nodes first"};
  }

  /// One statement: nobody waits for a takeover longer than it takes.
  void take_over(const std::string& self, const std::string& at) {
    db_.prepare(
      "take_over",
      "WITH theirs AS (SELECT shard FROM hansom.shard WHERE owner <> $1 "
      "ORDER BY shard FOR NO KEY UPDATE), "
      "taken AS (UPDATE hansom.shard s SET owner = $1, epoch = epoch + 1 FROM "
      "theirs t WHERE s.shard = t.shard RETURNING s.shard, s.epoch) "
      "INSERT INTO hansom.shard_history(shard, epoch, owner, at) "
      "SELECT shard, epoch, $1, $2 FROM taken");
    db_.run("take_over", {self, at});
  }

  template <class F>
  auto read(F f) -> decltype(f(std::declval<reader&>())) {
    return guarded([&] {
      if (!reads_)
        reads_ = std::make_unique<reader>(db_);
      return f(*reads_);
    });
  }

  revocation_table& revocations() {
    if (!revocations_)
      revocations_ = std::make_unique<revocation_table>(db_);
    return *revocations_;
  }

  std::shared_ptr<shared_state> shared_;
  session db_;
  std::unique_ptr<reader> reads_;
  std::unique_ptr<revocation_table> revocations_;
  std::unique_ptr<committer> writes_;
  std::unique_ptr<housekeeper> house_;
};

class postgres_factory : public factory {
public:
  explicit postgres_factory(postgres_options with)
    : shared_{std::make_shared<shared_state>(std::move(with))} {
    complete_url(shared_->with.url); // Malformed: better now than later.
  }

  std::unique_ptr<connection> open() override {
    return guarded([&] {
      std::lock_guard hold{shared_->gate};
      end_doubtful();
      return std::make_unique<postgres_connection>(shared_);
    });
  }

  std::string describe() const override {
    return describe_postgres(shared_->with.url);
  }

private:
  /// A backend whose end nobody saw may still be writing, or hold a statement
  /// that it has not begun. It is ended, so that what is found afterwards is
  /// the last word.
  void end_doubtful() {
    if (shared_->doubtful.empty())
      return;
    session db{shared_->with, shared_->dog};
    db.prepare("end", "SELECT pg_terminate_backend(pid, 1500) FROM "
                      "pg_stat_activity WHERE pid = $1 AND "
                      "extract(epoch FROM backend_start)::text = $2");
    while (!shared_->doubtful.empty()) {
      auto& x = shared_->doubtful.back();
      for (auto row : db.run("end", {std::to_string(x.process), x.started}))
        if (!row[0].as<bool>())
          throw unavailable_error{"server process " + std::to_string(x.process)
                                  + " does not end"};
      shared_->doubtful.pop_back();
    }
  }

  std::shared_ptr<shared_state> shared_;
};

} // namespace

} // namespace postgres

std::unique_ptr<factory> make_postgres(postgres_options with) {
  return std::make_unique<postgres::postgres_factory>(std::move(with));
}

} // namespace hansom::store
