#pragma once

#include "persistence/store.hpp"

#include <array>

namespace hansom::store::postgres {

/// The last `shard_seq` of each shard's journal, as its only writer knows it.
using shard_counters = std::array<std::uint64_t, shard_count>;

/// A batch as `commit_batch` takes it.
struct batch_parameters {
  std::vector<std::string> values; ///< In the order of the function's.
};

/// The function's name under which `parameters_of` is prepared, as SQL.
std::string commit_sql();

/// Sorts the chosen writes into waves and packs them.
/// @param chosen indices in `batch`, ascending; none has a defect.
/// @param last where numbering begins.
batch_parameters parameters_of(const std::vector<write>& batch,
                               const std::vector<std::size_t>& chosen,
                               const shard_counters& last);

/// Gives each chosen write the lowest wave such that writes which share an
/// entity, a command, a claim or a transfer stay in order. From 1.
std::vector<int> waves_of(const std::vector<write>& batch,
                          const std::vector<std::size_t>& chosen);

} // namespace hansom::store::postgres
