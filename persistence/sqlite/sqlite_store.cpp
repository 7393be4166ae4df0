#include "persistence/sqlite/checkpointer.hpp"
#include "persistence/sqlite/committer.hpp"
#include "persistence/sqlite/folder_lock.hpp"
#include "persistence/sqlite/housekeeper.hpp"
#include "persistence/sqlite/reader.hpp"
#include "persistence/sqlite/revocations.hpp"
#include "persistence/sqlite/schema.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <filesystem>

namespace hansom::store {

namespace sqlite {

namespace {

/// One SQLite handle with its prepared statements. In memory all connections
/// of a factory share one; on disk each has its own.
struct core {
  core(const std::string& path, database::mode how) : db{path, how} {
  }

  std::recursive_mutex mutex; ///< Recursive: a visitor may read again.
  database db;
  std::unique_ptr<reader> reads; ///< Once the schema is there.
  std::unique_ptr<committer> writes;
};

/// Runs `f`, so that only the interface's errors leave the store.
template <class F>
auto guarded(F f) -> decltype(f()) {
  try {
    return f();
  } catch (const failure& e) {
    throw unavailable_error{e.what()};
  }
}

class sqlite_connection : public connection {
public:
  sqlite_connection(std::shared_ptr<core> mine,
                    std::shared_ptr<shared_state> shared,
                    std::shared_ptr<checkpointer> pages, bool read_only)
    : core_{std::move(mine)}, shared_{std::move(shared)},
      checkpointer_{std::move(pages)}, read_only_{read_only} {
  }

  ~sqlite_connection() override {
    if (checkpointer_)
      sqlite3_wal_hook(core_->db.raw(), nullptr, nullptr);
  }

  void migrate() override {
    write([&] { sqlite::migrate(core_->db); });
  }

  incarnation start_incarnation(std::string_view node_name,
                                timestamp at) override {
    return write([&] {
      statement{core_->db, "INSERT INTO node(name, at) VALUES(?, ?)"}
        .bind(node_name, at.ms)
        .run();
      return static_cast<incarnation>(
        sqlite3_last_insert_rowid(core_->db.raw()));
    });
  }

  std::vector<shard_row> claim_shards(incarnation self, timestamp at) override {
    return write([&] {
      try {
        return take_over(self, at);
      } catch (...) {
        core_->db.roll_back();
        shared_->shards_loaded = false;
        throw;
      }
    });
  }

  std::vector<result> commit(const std::vector<store::write>& batch) override {
    return write([&] {
      if (!core_->writes)
        start_writing();
      return core_->writes->commit(batch, shards());
    });
  }

  upkeep_step keep_up(const upkeep_order& order) override {
    return write([&] {
      auto owned = std::any_of(shards().begin(), shards().end(),
                               [&](auto& x) { return x.owner == order.self; });
      if (!owned)
        throw unavailable_error{"incarnation " + std::to_string(order.self)
                                + " owns no shard any more"};
      if (!house_)
        house_ = std::make_unique<housekeeper>(core_->db);
      return house_->step(order);
    });
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
    write([&] { sqlite::put_revocation(core_->db, x); });
  }
  std::vector<revocation_row> revocations_after(std::uint64_t after,
                                                std::size_t limit) override {
    std::lock_guard guard{core_->mutex};
    return guarded(
      [&] { return sqlite::revocations_after(core_->db, after, limit); });
  }
  std::uint64_t forget_revocations(timestamp now) override {
    return write([&] { return sqlite::forget_revocations(core_->db, now); });
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
  template <class F>
  auto write(F f) -> decltype(f()) {
    if (read_only_)
      throw unavailable_error{"the store was opened for reading only"};
    std::scoped_lock guard{shared_->gate, core_->mutex};
    return guarded([&] {
      try {
        return f();
      } catch (const failure& e) {
        if (checkpointer_ && e.is_disk_full())
          checkpointer_->make_room();
        throw;
      }
    });
  }

  template <class F>
  auto read(F f) -> decltype(f(std::declval<reader&>())) {
    std::lock_guard guard{core_->mutex};
    return guarded([&] {
      if (!core_->reads)
        core_->reads = std::make_unique<reader>(core_->db);
      return f(*core_->reads);
    });
  }

  shard_table& shards() {
    if (!shared_->shards_loaded) {
      shared_->shards = load_shards(core_->db);
      shared_->shards_loaded = true;
    }
    return shared_->shards;
  }

  /// Only the connection that commits pays for a large cache.
  void start_writing() {
    core_->writes = std::make_unique<committer>(core_->db);
    if (!checkpointer_)
      return;
    core_->db.execute("PRAGMA cache_size = -262144");
    sqlite3_wal_hook(
      core_->db.raw(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<checkpointer*>(self)->note_wal_pages(pages);
        return SQLITE_OK;
      },
      checkpointer_.get());
  }

  std::vector<shard_row> take_over(incarnation self, timestamp at) {
    auto next = shards();
    core_->db.execute("BEGIN IMMEDIATE");
    statement take{core_->db,
                   "UPDATE shard SET owner = ?, epoch = ? WHERE shard = ?"};
    statement remember{core_->db, "INSERT INTO shard_history "
                                  "VALUES(?, ?, ?, ?)"};
    std::vector<shard_row> out;
    for (int i = 0; i < static_cast<int>(next.size()); ++i) {
      auto& x = next[static_cast<std::size_t>(i)];
      if (x.owner != self) {
        x.owner = self;
        ++x.now;
        take.bind(self, x.now, i).run();
        remember.bind(i, x.now, self, at.ms).run();
      }
      out.push_back({static_cast<shard_id>(i), x.now, x.owner});
    }
    core_->db.execute("COMMIT");
    shared_->shards = next;
    return out;
  }

  std::shared_ptr<core> core_;
  std::shared_ptr<shared_state> shared_;
  std::shared_ptr<checkpointer> checkpointer_; ///< Only on disk.
  bool read_only_;
  std::unique_ptr<housekeeper> house_;
};

class file_factory : public factory {
public:
  explicit file_factory(std::string folder)
    : folder_{std::move(folder)}, path_{folder_ + "/hansom.db"} {
    make_folder(folder_);
    shared_->lock = std::make_unique<folder_lock>(folder_);
    guarded([&] {
      database db{path_, database::mode::create};
      set_up(db);
      db.execute("PRAGMA journal_mode = WAL");
      sqlite::migrate(db);
    });
    sync_folder(folder_);
    checkpointer_ = std::make_shared<checkpointer>(path_, shared_);
  }

  std::unique_ptr<connection> open() override {
    return guarded([&] {
      auto mine = std::make_shared<core>(path_, database::mode::existing);
      set_up(mine->db);
      return std::make_unique<sqlite_connection>(mine, shared_, checkpointer_,
                                                 false);
    });
  }

  std::string describe() const override {
    return "sqlite " + path_;
  }

private:
  static void set_up(database& db) {
    sqlite3_busy_timeout(db.raw(), 2'000);
    db.execute("PRAGMA page_size = 4096; PRAGMA synchronous = FULL; "
               "PRAGMA wal_autocheckpoint = 0; PRAGMA mmap_size = 268435456; "
               "PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY");
  }

  std::string folder_;
  std::string path_;
  std::shared_ptr<shared_state> shared_ = std::make_shared<shared_state>();
  std::shared_ptr<checkpointer> checkpointer_;
};

class read_only_factory : public factory {
public:
  explicit read_only_factory(const std::string& folder)
    : path_{folder + "/hansom.db"} {
    if (!std::filesystem::exists(path_))
      throw std::runtime_error{"there is no store in " + folder + " (" + path_
                               + " does not exist)"};
    open();
  }

  std::unique_ptr<connection> open() override {
    return guarded([&] {
      auto mine = std::make_shared<core>(path_, database::mode::existing);
      // Not SQLite's read-only mode: after a crash somebody has to rebuild the
      // WAL index. Nothing is moved or removed all the same.
      int unused = 0;
      sqlite3_db_config(mine->db.raw(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
                        &unused);
      sqlite3_busy_timeout(mine->db.raw(), 2'000);
      mine->db.execute("PRAGMA query_only = 1; PRAGMA wal_autocheckpoint = 0; "
                       "PRAGMA mmap_size = 1073741824");
      check_schema(mine->db);
      return std::make_unique<sqlite_connection>(
        mine, std::make_shared<shared_state>(), nullptr, true);
    });
  }

  std::string describe() const override {
    return "sqlite " + path_ + " (read only)";
  }

private:
  std::string path_;
};

class memory_factory : public factory {
public:
  memory_factory()
    : core_{std::make_shared<core>(":memory:", database::mode::create)},
      shared_{std::make_shared<shared_state>()} {
    // The rollback journal stays, in memory: a guilty row needs it.
    core_->db.execute("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; "
                      "PRAGMA locking_mode = EXCLUSIVE");
    sqlite::migrate(core_->db);
  }

  std::unique_ptr<connection> open() override {
    return std::make_unique<sqlite_connection>(core_, shared_, nullptr, false);
  }

  std::string describe() const override {
    return "sqlite in memory";
  }

private:
  std::shared_ptr<core> core_;
  std::shared_ptr<shared_state> shared_;
};

} // namespace

} // namespace sqlite

std::unique_ptr<factory> make_sqlite(const std::string& folder,
                                     bool read_only) {
  if (read_only)
    return std::make_unique<sqlite::read_only_factory>(folder);
  return std::make_unique<sqlite::file_factory>(folder);
}

std::unique_ptr<factory> make_sqlite_in_memory() {
  return std::make_unique<sqlite::memory_factory>();
}

} // namespace hansom::store
