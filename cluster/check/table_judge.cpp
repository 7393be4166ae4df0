// The second half of the judge: what the other tables say, against the fold.

#include "cluster/check/journal_judge.hpp"
#include "protocol/json/document.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>

namespace hansom {

namespace {

std::string name(const store::claim& x) {
  constexpr const char* kinds[] = {"?", "driver", "driver_next", "rider",
                                   "quote"};
  const auto kind = static_cast<std::size_t>(x.kind);
  return "claim " + std::string{kinds[kind < 5 ? kind : 0]} + '/'
         + std::to_string(x.key);
}

std::string text_of(const nlohmann::json& from, const char* member) {
  auto i = from.find(member);
  if (i == from.end() || !i->is_string())
    throw std::runtime_error{std::string{member} + " is missing"};
  return i->get<std::string>();
}

} // namespace

// -- states -------------------------------------------------------------------

void journal_judge::entity(const store::stored_entity& x) {
  auto known = entities_.find(x.entity);
  if (known == entities_.end())
    return take_state_alone(x);
  known->second.has_state = true;
  to_.expect("I13", x.rev == known->second.seq,
             to_string(x.entity) + ": state at rev " + std::to_string(x.rev)
               + ", journal at " + std::to_string(known->second.seq));
  if (!known->second.folds)
    return;
  if (x.entity.kind == entity_kind::trip)
    judge_trip_state(x);
  else if (x.entity.kind == entity_kind::driver)
    judge_driver_state(x);
}

/// Closed trips alone may be without a journal, where it was trimmed: then the
/// state is all there is, and what follows is held against it.
void journal_judge::take_state_alone(const store::stored_entity& x) {
  const auto name = to_string(x.entity);
  if (x.entity.kind != entity_kind::trip || !was_trimmed(x.entity))
    return to_.expect("I13", false, name + " has a state, no journal");
  known_trip trip;
  std::string why;
  const bool fits = decode(x.state, trip.record, why)
                    && trip.record.trip.value == x.entity.id
                    && trip.record.rev == x.rev;
  to_.expect("I13", fits && is_terminal(trip.record.phase) && !x.active,
             name
               + ": its journal was trimmed, but its state is no closed trip "
                 "at rev "
               + std::to_string(x.rev));
  known_entity known;
  known.seq = known.trimmed_seq = x.rev;
  known.folds = fits;
  known.has_state = true;
  entities_.emplace(x.entity, known);
  if (fits)
    trips_.emplace(trip_id{x.entity.id}, std::move(trip));
}

bool journal_judge::was_trimmed(entity_ref x) const {
  auto shard = shards_.find(shard_of(x));
  return shard != shards_.end() && shard->second.trimmed;
}

void journal_judge::judge_trip_state(const store::stored_entity& x) {
  const auto& fold = trips_[trip_id{x.entity.id}].record;
  trip_record state;
  std::string why;
  if (!decode(x.state, state, why))
    return to_.expect("I13", false,
                      to_string(x.entity) + ": unreadable state: " + why);
  const auto a = encode(state), b = encode(fold);
  to_.expect("I13", a == b,
             to_string(x.entity) + ": state " + a + " is not the fold " + b);
  to_.expect("I13", x.active == !is_terminal(fold.phase),
             to_string(x.entity) + ": is " + to_string(fold.phase)
               + " and marked " + (x.active ? "active" : "at rest"));
}

void journal_judge::judge_driver_state(const store::stored_entity& x) {
  const auto& fold = drivers_[driver_id{x.entity.id}];
  driver_record state;
  std::string why;
  if (!decode(x.state, state, why))
    return to_.expect("I13", false,
                      to_string(x.entity) + ": unreadable state: " + why);
  const auto a = encode(state), b = encode(fold);
  to_.expect("I13", a == b,
             to_string(x.entity) + ": state " + a + " is not the fold " + b);
}

// -- claims -------------------------------------------------------------------

void journal_judge::claim(const store::claim_row& x) {
  using kind = store::claim_kind;
  const char* invariant = x.what.kind == kind::rider   ? "I3"
                          : x.what.kind == kind::quote ? "I6"
                                                       : "I1";
  auto found = x.holder.kind == entity_kind::trip
                 ? trips_.find(trip_id{x.holder.id})
                 : trips_.end();
  if (found == trips_.end())
    return to_.expect(invariant, false,
                      name(x.what) + " is held by " + to_string(x.holder)
                        + ", which no journal knows");
  auto& trip = found->second;
  const auto& record = trip.record;
  bool fits = false;
  if (x.what.kind == kind::quote) {
    fits = record.quote.value == x.what.key;
    trip.holds_quote |= fits;
  } else if (x.what.kind == kind::rider) {
    fits = record.rider.value == x.what.key && !is_terminal(record.phase);
    trip.holds_rider |= fits;
  } else {
    fits = record.driver.value == x.what.key && has_driver(record.phase)
           && record.queued == (x.what.kind == kind::driver_next);
    trip.holds_driver |= fits;
  }
  to_.expect(
    invariant, fits,
    name(x.what) + " is held by " + to_string(x.holder) + ", which is "
      + to_string(record.phase)
      + (record.driver ? " with driver " + to_string(record.driver) : ""));
}

// -- money --------------------------------------------------------------------

void journal_judge::transfer(const store::transfer_row& x) {
  const auto& t = x.what;
  const auto key = "transfer " + t.key;
  to_.expect("I7", t.amount.minor > 0,
             key + ": amount " + std::to_string(t.amount.minor));
  to_.expect("I7", t.debit != t.credit && !t.debit.empty() && !t.credit.empty(),
             key + ": from '" + t.debit + "' to '" + t.credit + "'");
  const auto unit = to_string(t.amount.unit) + ' ';
  balances_[unit + t.debit] -= t.amount.minor;
  balances_[unit + t.credit] += t.amount.minor;
  auto known = entities_.find(x.entity);
  to_.expect("I7", known != entities_.end() && x.seq <= known->second.seq,
             key + ": belongs to " + to_string(x.entity) + " seq "
               + std::to_string(x.seq) + ", which no journal knows");
  if (!t.key.starts_with("fare/") || x.entity.kind != entity_kind::trip)
    return;
  auto& trip = trips_[trip_id{x.entity.id}];
  const auto& record = trip.record;
  ++trip.fares;
  to_.expect("I7",
             record.phase == trip_phase::completed && t.amount == record.fare
               && t.debit == "rider/" + to_string(record.rider)
               && t.credit == "driver/" + to_string(record.driver),
             key + ": " + std::to_string(t.amount.minor) + " from " + t.debit
               + " to " + t.credit + "; the trip is " + to_string(record.phase)
               + ", its fare " + std::to_string(record.fare.minor) + ", rider "
               + to_string(record.rider) + ", driver "
               + to_string(record.driver));
}

// -- commands and promises ----------------------------------------------------

void journal_judge::command(const store::command_row& x) {
  auto known = entities_.find(x.entity);
  if (known != entities_.end() && x.seq <= known->second.trimmed_seq)
    return to_.checked("I6"); // Its event is gone.
  auto found = commands_.find(x.key);
  const bool fits = found != commands_.end() && found->second.entity == x.entity
                    && x.seq >= found->second.first_seq
                    && x.seq <= found->second.last_seq;
  if (found != commands_.end())
    found->second.remembered = true;
  to_.expect("I6", fits,
             "command " + x.key.id + " of " + to_string(x.key.client)
               + " is remembered for " + to_string(x.entity) + " seq "
               + std::to_string(x.seq) + ", the journal says otherwise");
}

void journal_judge::promise(const std::string& line) {
  nlohmann::json root;
  decode_error error;
  if (!json::parse(line, 4, root, error) || !root.is_object())
    throw std::runtime_error{error.message};
  store::command_key key;
  trip_id trip;
  if (!parse_entity(text_of(root, "client"), key.client)
      || !parse_id(text_of(root, "trip"), trip))
    throw std::runtime_error{"client or trip is no id"};
  key.id = text_of(root, "id");
  const auto what = text_of(root, "what");
  const auto rev = root.value("rev", std::uint64_t{0});
  const auto promise = what + " " + key.id + " of " + to_string(key.client)
                       + ", trip " + to_string(trip);
  auto known = entities_.find(entity_ref{trip});
  to_.expect(
    "I4", known != entities_.end() && known->second.seq >= rev,
    promise + ": acknowledged at rev " + std::to_string(rev)
      + ", the journal ends at "
      + std::to_string(known == entities_.end() ? 0 : known->second.seq));
  if (what != "trip.request")
    return;
  auto found = trips_.find(trip);
  const bool gone = known != entities_.end() && known->second.trimmed_seq > 0;
  to_.expect("I4",
             found != trips_.end() && (gone || found->second.command == key),
             promise + ": acknowledged, the journal has no such request");
  const auto [first, is_new] = requests_.try_emplace(key, trip);
  to_.expect("I6", is_new || first->second == trip,
             promise + ": acknowledged before as trip "
               + to_string(first->second));
  if (first->second != trip)
    doubled_.insert(key);
}

// -- the end ------------------------------------------------------------------

void journal_judge::end_trip(trip_id id, const known_trip& x) {
  const auto& r = x.record;
  const auto who = "trip " + to_string(id) + ", " + to_string(r.phase);
  if (has_driver(r.phase))
    to_.expect("I1", x.holds_driver,
               who + ": driver " + to_string(r.driver) + " is not claimed");
  if (!is_terminal(r.phase))
    to_.expect("I3", x.holds_rider,
               who + ": rider " + to_string(r.rider) + " is not claimed");
  if (r.quote)
    to_.expect("I6", x.holds_quote, who + ": its quote is not claimed");
  if (r.phase != trip_phase::completed)
    return;
  const std::uint32_t wanted = r.fare.minor > 0 ? 1 : 0;
  to_.expect("I7", x.fares == wanted,
             who + ": " + std::to_string(x.fares) + " fare transfers, fare "
               + std::to_string(r.fare.minor));
}

void journal_judge::count_requests() {
  std::uint64_t found = 0, terminal = 0, doubled = 0;
  for (const auto& [key, trip] : requests_) {
    auto known = trips_.find(trip);
    const bool is_there = known != trips_.end()
                          && (known->second.command == key
                              || entities_[entity_ref{trip}].trimmed_seq > 0);
    found += is_there;
    terminal += is_there && is_terminal(known->second.record.phase);
    doubled += doubled_.contains(key);
  }
  to_.note("requests_acknowledged", requests_.size());
  to_.note("requests_found", found);
  to_.note("requests_terminal", terminal);
  to_.note("requests_doubled", doubled);
}

void journal_judge::end(timestamp commands_since) {
  if (!requests_.empty())
    count_requests();
  for (const auto& [id, x] : trips_)
    if (entities_[entity_ref{id}].folds)
      end_trip(id, x);
  for (const auto& [entity, x] : entities_)
    to_.expect("I13", x.has_state,
               to_string(entity) + " has a journal, no state");
  for (const auto& [key, x] : commands_)
    if (x.at >= commands_since)
      to_.expect("I6", x.remembered,
                 "command " + key.id + " of " + to_string(key.client)
                   + " took effect at " + to_string(x.entity)
                   + " and is not remembered");
  std::map<std::string, std::int64_t> sums;
  for (const auto& [account, amount] : balances_)
    sums[account.substr(0, 3)] += amount;
  for (const auto& [unit, sum] : sums)
    to_.expect("I7", sum == 0,
               "all accounts in " + unit + " sum to " + std::to_string(sum));
}

} // namespace hansom
