#pragma once

#include "persistence/store.hpp"

/// What `hansom check` reads is scanned; nothing else is asked of a store that
/// a test makes up. Tests derive from this and answer the scans.
namespace hansom::store::testing {

class scan_only : public connection {
public:
  void migrate() override {
  }
  incarnation start_incarnation(std::string_view, timestamp) override {
    return 0;
  }
  std::vector<shard_row> claim_shards(incarnation, timestamp) override {
    return {};
  }
  std::vector<result> commit(const std::vector<write>&) override {
    return {};
  }
  std::optional<stored_entity> load(entity_ref) override {
    return {};
  }
  void for_each_active(shard_id,
                       const std::function<void(stored_entity)>&) override {
  }
  std::optional<command_row> find_command(const command_key&) override {
    return {};
  }
  std::optional<entity_ref> holder_of(claim) override {
    return {};
  }
  std::vector<journal_row> journal_of(entity_ref, std::size_t) override {
    return {};
  }
  std::vector<journal_row> journal_after(shard_id, std::uint64_t,
                                         std::size_t) override {
    return {};
  }
};

} // namespace hansom::store::testing
