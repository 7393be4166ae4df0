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

std::string to_string(upkeep_task x) {
  switch (x) {
  case upkeep_task::prepare_days:
    return "prepare_days";
  case upkeep_task::settle_strays:
    return "settle_strays";
  case upkeep_task::keep_trips:
    return "keep_trips";
  case upkeep_task::blur_positions:
    return "blur_positions";
  case upkeep_task::trim_journal:
    return "trim_journal";
  case upkeep_task::forget_commands:
    return "forget_commands";
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

namespace {

/// Zeroes the last four of seven decimals of the number at `at`.
/// @returns where the number ends; npos when it is none of ours.
std::size_t cut_decimals(std::string& text, std::size_t at) {
  at = text.find_first_not_of("-0123456789", at);
  if (at == std::string::npos || text[at] != '.')
    return std::string::npos;
  auto end = text.find_first_not_of("0123456789", at + 1);
  if (end == std::string::npos || end - at != 8)
    return std::string::npos;
  text.replace(end - 4, 4, "0000");
  return end;
}

} // namespace

std::string blurred(std::string_view text) {
  std::string out{text};
  constexpr std::string_view longitude = ",\"lon\":";
  for (std::string_view name :
       {"\"pickup\":{\"lat\":", "\"dropoff\":{\"lat\":"})
    for (auto i = out.find(name); i != std::string::npos;
         i = out.find(name, i + 1)) {
      auto end = cut_decimals(out, i + name.size());
      if (end != std::string::npos && out.compare(end, 7, longitude) == 0)
        cut_decimals(out, end + longitude.size());
    }
  return out;
}

std::vector<claim_row> connection::holders_of(const std::vector<claim>& what) {
  std::vector<claim_row> out;
  for (auto& x : what)
    if (auto holder = holder_of(x))
      out.push_back({x, *holder});
  return out;
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

void connection::put_revocation(const revocation_row&) {
  throw unavailable_error{"this store keeps no revocations"};
}

std::vector<revocation_row> connection::revocations_after(std::uint64_t,
                                                          std::size_t) {
  throw unavailable_error{"this store keeps no revocations"};
}

std::uint64_t connection::forget_revocations(timestamp) {
  throw unavailable_error{"this store keeps no revocations"};
}

} // namespace hansom::store
