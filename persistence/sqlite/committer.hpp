#pragma once

#include "persistence/sqlite/keys.hpp"
#include "persistence/sqlite/shared.hpp"

#include <array>
#include <memory>

namespace hansom::store::sqlite {

/// The write path: turns a batch into one transaction. One writer at a time
/// (the caller holds `shared_state::gate`), so that checking and then writing
/// inside the transaction is exact.
class committer {
public:
  explicit committer(database& db);

  /// @param shards updated when, and only when, the batch is durable.
  /// @returns one result per write, in order.
  /// @throws unavailable_error after rolling back.
  std::vector<result> commit(const std::vector<write>& batch,
                             shard_table& shards);

private:
  /// Which of a write's claims were not held before; to take them back.
  using taken_list = std::vector<claim>;

  void run(const std::vector<write>& batch, std::vector<result>& results,
           shard_table& shards);
  result apply(const write& x, shard_now& shard);
  bool insert_command(const write& x);
  bool insert_claims(const write& x, claim& lost);
  bool put_state(const write& x);
  void release_claims(const write& x);
  void insert_transfers(const write& x);
  void append_journal(const write& x, shard_now& shard);
  void undo(const write& x);
  result first_effect(const command_key& key);
  bool fits_sequence(const write& x);

  database& db_;
  std::size_t current_ = 0; ///< Index of the write being applied.
  taken_list taken_;        ///< Of the write being applied.

  statement begin_;
  statement commit_;
  statement insert_command_;
  statement find_command_;
  statement delete_command_;
  statement insert_claim_;
  statement find_claim_;
  statement delete_claim_;
  statement insert_transfer_;
  statement insert_journal_;

  struct state_statements {
    state_statements(database& db, entity_kind kind);
    statement insert;
    statement update;
    statement rev;
  };
  std::array<std::unique_ptr<state_statements>, entity_kind_count> states_;

  state_statements& states(entity_kind x) {
    return *states_[static_cast<std::size_t>(x) - 1];
  }
};

} // namespace hansom::store::sqlite
