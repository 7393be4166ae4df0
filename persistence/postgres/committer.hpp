#pragma once

#include "persistence/postgres/batch.hpp"
#include "persistence/postgres/session.hpp"

#include <optional>

namespace hansom::store::postgres {

/// What all connections of one factory share.
struct shared_state {
  explicit shared_state(postgres_options o) : with{std::move(o)} {
  }

  postgres_options with;
  watchdog dog;
  std::mutex gate;                    ///< Held for each commit and takeover.
  std::optional<shard_counters> last; ///< Guarded by `gate`; empty: unknown.
  /// As of which `last` counts. Another one means that others may have written
  /// between; 0: not known, so `last` counts as of when it was read.
  shard_counters epochs{};
  /// Backends whose last commit nobody saw the end of; guarded by `gate`. They
  /// must be gone before anybody writes.
  std::vector<backend> doubtful;
};

/// The write path: one statement a batch.
class committer {
public:
  committer(session& db, shared_state& shared);

  /// The caller holds the gate. An empty batch changes nothing and costs what
  /// a session's first commit costs beyond those that follow.
  /// @throws unavailable_error, unknown_outcome_error.
  std::vector<result> commit(const std::vector<write>& batch);

private:
  using indices = std::vector<std::size_t>;

  void load_counters();
  void load_counters(const std::vector<write>& batch, const indices& chosen);
  void commit(const std::vector<write>& batch, const indices& chosen,
              std::vector<result>& results);
  pqxx::result send(const batch_parameters& what);
  bool recall(const std::vector<write>& batch, const indices& chosen,
              std::vector<result>& results, indices& again);
  void take_over(const pqxx::result& obstacles, const std::vector<write>& batch,
                 const indices& chosen, std::vector<result>& results);

  session& db_;
  shared_state& shared_;
};

} // namespace hansom::store::postgres
