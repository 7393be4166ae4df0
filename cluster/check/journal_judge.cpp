#include "cluster/check/journal_judge.hpp"

#include <string_view>
#include <variant>

namespace hansom {

namespace {

std::string place(const store::journal_row& x) {
  return to_string(x.entity) + " seq " + std::to_string(x.seq) + " (" + x.kind
         + ')';
}

/// One slot of a driver or rider: takes `now`, gives `before` back.
template <class Id>
void move(findings& to, const char* invariant, const char* what,
          std::unordered_map<Id, trip_id>& slots, Id who, trip_id trip,
          bool before, bool now) {
  if (!who || before == now)
    return;
  auto& slot = slots[who];
  to.checked(invariant);
  if (!now) {
    if (slot == trip)
      slots.erase(who);
    return;
  }
  if (slot && slot != trip)
    to.broken(invariant, std::string{what} + ' ' + to_string(who)
                           + " takes trip " + to_string(trip)
                           + " while on trip " + to_string(slot));
  slot = trip;
}

} // namespace

journal_judge::journal_judge(findings& to) : to_{to} {
  to.declare("I1", "a driver has one present and one queued trip at most");
  to.declare("I2", "a driver is released before a trip gets another");
  to.declare("I3", "a rider has one active trip at most");
  to.declare("I6", "nothing exists unasked, and each command took effect once");
  to.declare("I7", "money is conserved; a completed trip has one fare");
  to.declare("I8", "entities: seq dense, epochs rise, transitions legal");
  to.declare("I9", "shards: one owner per epoch, seq dense, epochs rise");
  to.declare("I13", "each state is the fold of its journal");
}

// -- the journal --------------------------------------------------------------

void journal_judge::shard_epoch(const store::shard_history_row& x) {
  auto [owner, is_new] = shards_[x.shard].owners.emplace(x.at_epoch, x.owner);
  to_.expect("I9", is_new || owner->second == x.owner,
             "shard " + std::to_string(x.shard) + " epoch "
               + std::to_string(x.at_epoch) + " has owners "
               + std::to_string(owner->second) + " and "
               + std::to_string(x.owner));
}

void journal_judge::trim(const store::trim_row& x) {
  auto& shard = shards_[x.shard];
  shard.last_seq = x.seq;
  shard.trimmed = x.seq > 0;
}

void journal_judge::base(const store::stored_entity& x) {
  const auto name = "base of " + to_string(x.entity);
  to_.expect("I8", was_trimmed(x.entity) && x.rev > 0,
             name + ": nothing of its shard was trimmed");
  auto& known = entities_[x.entity];
  known.seq = known.trimmed_seq = x.rev;
  std::string why;
  if (x.entity.kind == entity_kind::trip) {
    auto& record = trips_[trip_id{x.entity.id}].record;
    known.folds = decode(x.state, record, why) && record.rev == x.rev
                  && record.trip.value == x.entity.id;
    if (known.folds) { // Said of no other trip: bases are of many moments.
      findings silent;
      std::swap(silent, to_);
      judge_slots({}, record);
      std::swap(silent, to_);
    }
  } else if (x.entity.kind == entity_kind::driver) {
    auto& record = drivers_[driver_id{x.entity.id}];
    known.folds = decode(x.state, record, why) && record.rev == x.rev
                  && record.driver.value == x.entity.id;
  }
  to_.expect("I13", known.folds,
             name + " is no state at rev " + std::to_string(x.rev) + ' ' + why);
}

void journal_judge::journal(const store::journal_row& x) {
  auto& known = entities_[x.entity];
  judge_shard(x);
  judge_sequence(x, known);
  judge_command(x);
  if (!known.folds)
    return; // Said once; all that follows would be noise.
  switch (x.entity.kind) {
  case entity_kind::trip:
    return fold_trip(x, known);
  case entity_kind::driver:
    return fold_driver(x, known);
  case entity_kind::cell:
    return fold_cell(x, known);
  default:
    to_.broken("I8", place(x) + ": riders have no journal");
  }
}

void journal_judge::judge_shard(const store::journal_row& x) {
  auto& shard = shards_[x.shard];
  const auto name = "shard " + std::to_string(x.shard) + ", " + place(x);
  to_.expect("I9", x.shard == shard_of(x.entity),
             name + ": lives in shard " + std::to_string(shard_of(x.entity)));
  to_.expect("I9", x.shard_seq == shard.last_seq + 1,
             name + ": shard seq " + std::to_string(x.shard_seq) + " after "
               + std::to_string(shard.last_seq));
  to_.expect("I9", x.written_epoch >= shard.last_epoch,
             name + ": epoch " + std::to_string(x.written_epoch) + " after "
               + std::to_string(shard.last_epoch));
  to_.expect("I9", shard.owners.contains(x.written_epoch),
             name + ": epoch " + std::to_string(x.written_epoch)
               + " never had an owner");
  shard.last_seq = x.shard_seq;
  shard.last_epoch = std::max(shard.last_epoch, x.written_epoch);
}

void journal_judge::judge_sequence(const store::journal_row& x,
                                   known_entity& known) {
  to_.expect("I8", x.seq == known.seq + 1,
             place(x) + ": follows seq " + std::to_string(known.seq));
  to_.expect("I8", x.written_epoch >= known.last_epoch,
             place(x) + ": epoch " + std::to_string(x.written_epoch)
               + " after epoch " + std::to_string(known.last_epoch));
  known.seq = x.seq;
  known.last_epoch = x.written_epoch;
}

void journal_judge::judge_command(const store::journal_row& x) {
  if (!x.command)
    return;
  auto [known, is_new] = commands_.try_emplace(
    *x.command, effect{x.entity, x.seq, x.seq, x.at, false});
  auto& what = known->second;
  // One step may be several events of one entity, one after the other.
  to_.expect("I6",
             is_new || (what.entity == x.entity && x.seq == what.last_seq + 1),
             "command " + x.command->id + " of " + to_string(x.command->client)
               + " took effect at " + to_string(what.entity) + " seq "
               + std::to_string(what.first_seq) + " and again at " + place(x));
  if (what.entity == x.entity)
    what.last_seq = x.seq;
  else
    doubled_.insert(*x.command);
}

void journal_judge::fold_trip(const store::journal_row& x,
                              known_entity& known) {
  trip_event event;
  std::string why;
  auto& trip = trips_[trip_id{x.entity.id}];
  auto& record = trip.record;
  const auto before = record;
  record.trip = trip_id{x.entity.id};
  known.folds = decode_event(x.kind, x.payload, event, why);
  to_.expect("I8", known.folds, place(x) + ": unreadable: " + why);
  if (!known.folds)
    return;
  if (auto assigned = std::get_if<trip_assigned>(&event))
    to_.expect("I2", !before.driver || !has_driver(before.phase),
               place(x) + ": driver " + to_string(assigned->driver)
                 + " replaces driver " + to_string(before.driver)
                 + " without release");
  known.folds = apply(record, event);
  to_.expect("I8", known.folds,
             place(x) + ": illegal when " + to_string(before.phase));
  if (!known.folds)
    return;
  judge_slots(before, record);
  auto requested = std::get_if<trip_requested>(&event);
  if (requested == nullptr)
    return;
  to_.expect("I6",
             x.command && x.command->client == entity_ref{requested->rider},
             place(x) + ": no command of rider " + to_string(requested->rider)
               + " asked for it");
  if (x.command)
    trip.command = *x.command;
}

void journal_judge::judge_slots(const trip_record& before,
                                const trip_record& after) {
  const auto driver = after.driver ? after.driver : before.driver;
  const bool had = has_driver(before.phase), has = has_driver(after.phase);
  move(to_, "I1", "driver", queued_, driver, after.trip, had && before.queued,
       has && after.queued);
  move(to_, "I1", "driver", present_, driver, after.trip, had && !before.queued,
       has && !after.queued);
  move(to_, "I3", "rider", riding_, after.rider, after.trip,
       before.rev > 0 && !is_terminal(before.phase), !is_terminal(after.phase));
}

void journal_judge::fold_driver(const store::journal_row& x,
                                known_entity& known) {
  driver_event event;
  std::string why;
  auto& record = drivers_[driver_id{x.entity.id}];
  record.driver = driver_id{x.entity.id};
  known.folds = decode_event(x.kind, x.payload, event, why);
  to_.expect("I8", known.folds, place(x) + ": unreadable: " + why);
  if (!known.folds)
    return;
  known.folds = apply(record, event);
  to_.expect("I8", known.folds, place(x) + ": illegal for this driver");
}

void journal_judge::fold_cell(const store::journal_row& x,
                              known_entity& known) {
  cell_event event;
  std::string why;
  known.folds = decode_event(x.kind, x.payload, event, why);
  to_.expect("I8", known.folds, place(x) + ": unreadable: " + why);
}

} // namespace hansom
