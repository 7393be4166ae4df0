#pragma once

#include "actors/driver/driver_record.hpp"
#include "actors/trip/trip_record.hpp"
#include "cluster/check/findings.hpp"
#include "persistence/store.hpp"

#include <map>
#include <set>
#include <string>
#include <unordered_map>

namespace hansom {

/// Folds a journal row by row, in commit order, and judges each step; then
/// holds states, claims, transfers and commands against the fold. Feed it in
/// the order of its functions.
class journal_judge {
public:
  explicit journal_judge(findings& to);

  void shard_epoch(const store::shard_history_row& x);
  /// Where a shard's journal begins.
  void trim(const store::trim_row& x);
  /// What an entity was there: the fold goes on from it.
  void base(const store::stored_entity& x);
  void journal(const store::journal_row& x);
  void entity(const store::stored_entity& x);
  void claim(const store::claim_row& x);
  void transfer(const store::transfer_row& x);
  void command(const store::command_row& x);
  /// One line of a fleet's history.
  /// @throws std::runtime_error when it is none.
  void promise(const std::string& line);
  /// What can only be judged once everything was seen.
  /// @param commands_since older commands may have been forgotten.
  void end(timestamp commands_since);

private:
  struct known_entity {
    std::uint64_t seq = 0;
    /// Events up to here are gone.
    std::uint64_t trimmed_seq = 0;
    store::epoch last_epoch = 0;
    bool folds = true; ///< Until an event did not fit.
    bool has_state = false;
  };
  struct known_trip {
    trip_record record;
    std::uint32_t fares = 0;
    bool holds_driver = false;
    bool holds_rider = false;
    bool holds_quote = false;
    store::command_key command; ///< That requested it.
  };
  struct known_shard {
    std::map<store::epoch, store::incarnation> owners;
    store::epoch last_epoch = 0;
    std::uint64_t last_seq = 0;
    bool trimmed = false;
  };
  struct effect {
    entity_ref entity;
    std::uint64_t first_seq = 0;
    std::uint64_t last_seq = 0;
    timestamp at;
    bool remembered = false;
  };

  void judge_shard(const store::journal_row& x);
  void judge_sequence(const store::journal_row& x, known_entity& known);
  void judge_command(const store::journal_row& x);
  void fold_trip(const store::journal_row& x, known_entity& known);
  void fold_driver(const store::journal_row& x, known_entity& known);
  void fold_cell(const store::journal_row& x, known_entity& known);
  void judge_slots(const trip_record& before, const trip_record& after);
  void take_state_alone(const store::stored_entity& x);
  bool was_trimmed(entity_ref x) const;
  void judge_trip_state(const store::stored_entity& x);
  void judge_driver_state(const store::stored_entity& x);
  void end_trip(trip_id id, const known_trip& x);
  void count_requests();

  findings& to_;
  std::unordered_map<entity_ref, known_entity> entities_;
  std::unordered_map<trip_id, known_trip> trips_;
  std::unordered_map<driver_id, driver_record> drivers_;
  std::map<shard_id, known_shard> shards_;
  std::map<store::command_key, effect> commands_;
  std::map<std::string, std::int64_t> balances_; ///< By currency and account.
  /// Who is on which ride at this point of the journal.
  std::unordered_map<driver_id, trip_id> present_;
  std::unordered_map<driver_id, trip_id> queued_;
  std::unordered_map<rider_id, trip_id> riding_;
  /// Requests for a ride that a client heard acknowledged, and as which trip.
  std::map<store::command_key, trip_id> requests_;
  std::set<store::command_key> doubled_; ///< Requests that had two effects.
};

} // namespace hansom
