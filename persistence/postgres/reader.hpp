#pragma once

#include "persistence/postgres/session.hpp"

namespace hansom::store::postgres {

/// The read path. All throw `failure`.
class reader {
public:
  explicit reader(session& db);

  std::optional<stored_entity> load(entity_ref entity);
  void for_each_active(shard_id shard,
                       const std::function<void(stored_entity)>& visit);
  std::optional<command_row> find_command(const command_key& key);
  std::optional<entity_ref> holder_of(claim what);
  std::vector<claim_row> holders_of(const std::vector<claim>& what);
  std::vector<journal_row> journal_of(entity_ref entity, std::size_t limit);
  std::vector<journal_row> journal_after(shard_id shard, std::uint64_t after,
                                         std::size_t limit);
  std::vector<bool> which_happened(const std::vector<write>& batch);

  void scan_journal(const std::function<void(const journal_row&)>& visit);
  void scan_entities(const std::function<void(const stored_entity&)>& visit);
  void scan_claims(const std::function<void(const claim_row&)>& visit);
  void scan_transfers(const std::function<void(const transfer_row&)>& visit);
  void scan_commands(const std::function<void(const command_row&)>& visit);
  void scan_shard_history(
    const std::function<void(const shard_history_row&)>& visit);
  void scan_bases(const std::function<void(const stored_entity&)>& visit);
  void scan_trims(const std::function<void(const trim_row&)>& visit);
  timestamp commands_since();

private:
  session& db_;
};

} // namespace hansom::store::postgres
