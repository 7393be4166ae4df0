#include "persistence/store.hpp"

#include "persistence/keys.hpp"

#include <algorithm>

namespace hansom::store {

std::string to_string(outcome x) {
  switch (x) {
  case outcome::committed:
    return "committed";
  case outcome::duplicate_command:
    return "duplicate_command";
  case outcome::claim_lost:
    return "claim_lost";
  case outcome::stale_epoch:
    return "stale_epoch";
  case outcome::sequence_conflict:
    return "sequence_conflict";
  case outcome::rejected:
    return "rejected";
  case outcome::unavailable:
    return "unavailable";
  }
  return "unknown";
}

std::string find_defect(const write& x) {
  auto kind = static_cast<std::size_t>(x.entity.kind);
  if (kind < 1 || kind > entity_kind_count)
    return "unknown entity kind " + std::to_string(kind);
  if (x.shard >= shard_count)
    return "shard " + std::to_string(x.shard) + " is out of range";
  if (x.events.empty())
    return "no events";
  if (x.first_seq == 0)
    return "first_seq 0, the journal counts from 1";
  for (auto& t : x.transfers)
    if (t.amount.minor <= 0 || t.key.empty() || t.debit.empty()
        || t.credit.empty() || t.debit == t.credit)
      return "transfer \"" + t.key + "\" from \"" + t.debit + "\" to \""
             + t.credit + "\" of " + std::to_string(t.amount.minor)
             + ": needs a key, two accounts and an amount above zero";
  return {};
}

std::vector<bool> connection::which_happened(const std::vector<write>& batch) {
  std::vector<bool> out;
  out.reserve(batch.size());
  for (auto& x : batch) {
    auto rows = journal_of(x.entity, x.first_seq);
    out.push_back(std::any_of(rows.begin(), rows.end(), [&](auto& row) {
      return row.seq == x.first_seq && row.written_epoch == x.claimed_epoch
             && row.command == x.command;
    }));
  }
  return out;
}

} // namespace hansom::store
