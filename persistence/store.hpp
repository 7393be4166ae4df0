#pragma once

#include "protocol/ids.hpp"
#include "protocol/money.hpp"
#include "protocol/time.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// Durable memory behind one interface: SQLite on one machine, PostgreSQL in a
/// cluster. Knows entities, claims and epochs, nothing of rides.
namespace hansom::store {

using epoch = std::uint64_t;
/// A process start; never reused.
using incarnation = std::uint64_t;

/// A uniqueness right that an entity holds: at most one holder per
/// (kind, key), enforced by the database.
enum class claim_kind : std::uint8_t {
  driver = 1,  ///< Key driver id: the driver's present trip.
  driver_next, ///< Key driver id: the queued trip (forward dispatch).
  rider,       ///< Key rider id: the rider's active trip.
  quote,       ///< Key quote id: honoured once; never released.
};

struct claim {
  claim_kind kind = claim_kind::driver;
  std::uint64_t key = 0;

  friend auto operator<=>(const claim&, const claim&) = default;
};

/// A double-entry transfer; amount > 0. Accounts are text such as
/// "rider/42", "driver/7", "platform/fees".
struct transfer {
  std::string key; ///< Idempotency key, unique for ever.
  std::string debit;
  std::string credit;
  money amount;
};

struct event {
  std::string kind;
  std::string payload; ///< JSON.
};

/// A client command, known by who said it and the id that he gave it.
struct command_key {
  entity_ref client; ///< driver or rider.
  std::string id;

  friend auto operator<=>(const command_key&, const command_key&) = default;
};

/// One durable step of one entity: everything in it happens, or nothing.
struct write {
  entity_ref entity;
  shard_id shard = 0;
  epoch claimed_epoch = 0;     ///< Fence: must equal the shard's epoch.
  std::uint64_t first_seq = 0; ///< Of `events`; dense from 1 per entity.
  timestamp at;
  std::vector<event> events; ///< At least one.
  std::string state;         ///< JSON of the entity after the events.
  bool active = true;        ///< Load eagerly at recovery.
  std::vector<claim> take;
  std::vector<claim> release;
  std::vector<transfer> transfers;
  std::optional<command_key> command; ///< What caused it, if a client did.
};

enum class outcome : std::uint8_t {
  committed,
  duplicate_command, ///< The command has taken effect before.
  claim_lost,        ///< Somebody else holds one of `take`.
  stale_epoch,       ///< The shard has another owner now.
  sequence_conflict, ///< The journal already has that (entity, seq).
  rejected,          ///< The row itself is bad; a defect, logged.
  unavailable,       ///< Store down or full: nothing happened, retry later.
};
std::string to_string(outcome x);

struct result {
  outcome what = outcome::committed;
  claim lost;              ///< With `claim_lost`.
  entity_ref first_entity; ///< With `duplicate_command`: where it took effect
  std::uint64_t first_seq = 0; ///< and its journal seq.
};

struct stored_entity {
  entity_ref entity;
  std::uint64_t rev = 0; ///< Last journal seq.
  bool active = false;
  std::string state;
};

struct journal_row {
  shard_id shard = 0;
  std::uint64_t shard_seq = 0; ///< Gap-free per shard: the outbox order.
  entity_ref entity;
  std::uint64_t seq = 0;
  epoch written_epoch = 0;
  timestamp at;
  std::string kind;
  std::string payload;
  std::optional<command_key> command;
};

struct shard_row {
  shard_id shard = 0;
  epoch now = 0;
  incarnation owner = 0;
};

struct shard_history_row {
  shard_id shard = 0;
  epoch at_epoch = 0;
  incarnation owner = 0;
  timestamp at;
};

struct claim_row {
  claim what;
  entity_ref holder;
};

struct transfer_row {
  transfer what;
  entity_ref entity;
  std::uint64_t seq = 0;
};

struct command_row {
  command_key key;
  entity_ref entity;
  std::uint64_t seq = 0;
};

/// Word that credentials no longer count: one of them, or all that somebody was
/// given before a moment.
struct revocation_row {
  std::uint64_t pos = 0; ///< Given by the store; grows in the order of commit.
  std::string name;      ///< What is taken back, such as "driver/7".
  timestamp issued_before; ///< 0 where `name` is one credential.
  timestamp at;            ///< When it was said,
  timestamp until;         ///< and when nothing is left that it could concern.
  std::string by;          ///< Who said it,
  std::string reason;      ///< and why; may be empty.

  friend bool operator==(const revocation_row&,
                         const revocation_row&) = default;
};

/// A number for each shard, such as the last one that was published.
using shard_numbers = std::array<std::uint64_t, shard_count>;

/// Folds `rows` of one entity, in order, onto `base` (empty: from nothing).
/// @returns the state as it is stored; none when a row does not fit.
using fold_function = std::function<std::optional<std::string>(
  entity_ref, const std::string& base, const std::vector<journal_row>& rows)>;

/// Housekeeping, see upkeep/upkeep.hpp.
enum class upkeep_task : std::uint8_t {
  prepare_days,    ///< Room for the journal of the next days.
  settle_strays,   ///< Events of a day that nobody had prepared.
  keep_trips,      ///< Closed trips leave the states for the history.
  blur_positions,  ///< Positions of trips in the history become coarse.
  trim_journal,    ///< Old events go; what they led to is kept as a base.
  forget_commands, ///< Old commands go.
};
inline constexpr std::size_t upkeep_task_count = 6;
std::string to_string(upkeep_task x);

struct upkeep_order {
  upkeep_task what = upkeep_task::prepare_days;
  incarnation self = 0; ///< Fence: must own a shard still.
  timestamp now;
  timestamp before;       ///< What is older is meant.
  std::size_t rows = 200; ///< Looked at in one step, at most.
  /// Last published numbers: no later event is dropped. Null: nobody publishes.
  const shard_numbers* published = nullptr;
  fold_function fold; ///< For `trim_journal`.
};

struct upkeep_step {
  std::uint64_t rows = 0; ///< Moved, made coarse, dropped.
  bool more = false;      ///< Say it again; the connection knows where it is.
  std::string waits; ///< Why older things stay for now; empty: they do not.
};

/// Where a shard's journal begins: numbers up to `seq` were dropped.
struct trim_row {
  shard_id shard = 0;
  std::uint64_t seq = 0;
};

/// Thrown when the store cannot answer (gone, full, corrupt). What a batch
/// wrote is then unknown to nobody: it is rolled back.
class unavailable_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Thrown when the connection broke after a batch had been sent: it may have
/// happened or not. The connection is of no more use. A new one of the same
/// factory opens only when the old one can write no more; ask it
/// `which_happened`, and commit the rest.
class unknown_outcome_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// One connection. Not thread-safe: each thread opens its own. All calls block.
class connection {
public:
  virtual ~connection() = default;

  /// Creates or upgrades the schema. Servers call `check_schema` instead in
  /// production; SQLite applies migrations at open.
  virtual void migrate() = 0;

  /// Registers a process start.
  virtual incarnation start_incarnation(std::string_view node_name,
                                        timestamp at) = 0;

  /// Takes over shards whose owner is not `self`: owner = self, epoch + 1.
  /// @returns all shards now owned by `self`.
  virtual std::vector<shard_row> claim_shards(incarnation self,
                                              timestamp at) = 0;

  /// The fenced group commit: one transaction, one durable flush. Writes to the
  /// same entity must be in order within the batch.
  /// @returns one result per write, in order.
  /// @throws unavailable_error; then nothing of the batch happened.
  /// @throws unknown_outcome_error; then each write happened whole, or not at
  ///         all.
  virtual std::vector<result> commit(const std::vector<write>& batch) = 0;

  /// After an unknown outcome, on a new connection: which of these writes are
  /// in the journal, by their epoch and command? An epoch has one writer, so
  /// these are ours. What is not there did not happen and will not.
  /// @throws unavailable_error.
  virtual std::vector<bool> which_happened(const std::vector<write>& batch);

  /// One bounded step of housekeeping, whole or not at all.
  /// @throws unavailable_error, also when the fence refuses or the journal does
  ///         not fold.
  virtual upkeep_step keep_up(const upkeep_order&) {
    return {};
  }

  // -- reads ------------------------------------------------------------------

  virtual std::optional<stored_entity> load(entity_ref entity) = 0;
  /// Calls `visit` for each active entity of the shard.
  virtual void
  for_each_active(shard_id shard,
                  const std::function<void(stored_entity)>& visit) = 0;
  virtual std::optional<command_row> find_command(const command_key& key) = 0;
  virtual std::optional<entity_ref> holder_of(claim what) = 0;
  /// Those of `what` that somebody holds, in any order: one question to a
  /// server, however many there are.
  virtual std::vector<claim_row> holders_of(const std::vector<claim>& what);
  virtual std::vector<journal_row> journal_of(entity_ref entity,
                                              std::size_t limit = 10'000) = 0;
  /// The outbox: rows of a shard after `after`, in order.
  virtual std::vector<journal_row>
  journal_after(shard_id shard, std::uint64_t after, std::size_t limit) = 0;

  // -- revocations: of no entity, said on any node, heard by all --------------

  /// Durable when it returns. The same `name` and `issued_before` said again
  /// change nothing, so what failed may be said again. `pos` is ignored.
  virtual void put_revocation(const revocation_row& x);
  /// Those after `after`, in order. What has once been passed over never
  /// appears later: polling by the last `pos` misses none.
  virtual std::vector<revocation_row> revocations_after(std::uint64_t after,
                                                        std::size_t limit);
  /// Drops those whose `until` has passed.
  /// @returns how many remain.
  virtual std::uint64_t forget_revocations(timestamp now);

  // -- full scans, for `hansom check` -----------------------------------------

  virtual void scan_journal(const std::function<void(const journal_row&)>&) = 0;
  virtual void
  scan_entities(const std::function<void(const stored_entity&)>&) = 0;
  virtual void scan_claims(const std::function<void(const claim_row&)>&) = 0;
  virtual void
  scan_transfers(const std::function<void(const transfer_row&)>&) = 0;
  virtual void
  scan_commands(const std::function<void(const command_row&)>&) = 0;
  virtual void
  scan_shard_history(const std::function<void(const shard_history_row&)>&) = 0;
  /// What entities were when their journal was trimmed; `rev` is the last
  /// dropped event.
  virtual void scan_bases(const std::function<void(const stored_entity&)>&) {
  }
  virtual void scan_trims(const std::function<void(const trim_row&)>&) {
  }
  /// Commands of before this may have been forgotten.
  virtual timestamp commands_since() {
    return {};
  }
};

/// Opens connections to one store. Thread-safe.
class factory {
public:
  virtual ~factory() = default;
  [[nodiscard]] virtual std::unique_ptr<connection> open() = 0;
  /// For logs and the console; never holds a password.
  [[nodiscard]] virtual std::string describe() const = 0;
};

/// SQLite in WAL mode with full sync, in `folder`/hansom.db. Takes the folder's
/// lock file for the life of the factory and its connections; a second process
/// is refused with a clear error (std::runtime_error).
/// @param read_only opens without the lock, for `hansom check`.
std::unique_ptr<factory> make_sqlite(const std::string& folder,
                                     bool read_only = false);

/// SQLite in memory: simulations and tests. One shared database per factory.
std::unique_ptr<factory> make_sqlite_in_memory();

} // namespace hansom::store
