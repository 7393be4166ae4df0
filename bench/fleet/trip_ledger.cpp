#include "bench/fleet/trip_ledger.hpp"

namespace hansom::fleet {

namespace {

bool same_phase(trip_phase a, trip_phase b) {
  // An offer is no event: it comes and goes within one revision.
  auto searching = [](trip_phase x) {
    return x == trip_phase::matching || x == trip_phase::offered;
  };
  return a == b || (searching(a) && searching(b));
}

std::string told(const trip_view& x) {
  return "trip " + to_string(x.trip) + " rev " + std::to_string(x.rev) + ' '
         + to_string(x.phase)
         + (x.driver ? " with driver " + to_string(x.driver) : "");
}

} // namespace

void trip_ledger::acknowledged(trip_id trip, rider_id rider, double sent_s) {
  std::lock_guard guard{mutex_};
  auto& x = trips_[trip];
  if (x.acknowledged)
    return;
  x.acknowledged = true;
  x.rider = rider;
  x.sent_s = sent_s;
  ++result_.acknowledged;
  note_offer(x);
}

void trip_ledger::offered(trip_id trip, double at_s) {
  std::lock_guard guard{mutex_};
  auto& x = trips_[trip];
  if (x.offered_s >= 0)
    return;
  x.offered_s = at_s;
  note_offer(x);
}

void trip_ledger::note_offer(entry& x) {
  // Whichever of the two is heard last: they come over different sockets.
  if (x.sent_s >= 0 && x.offered_s >= 0)
    result_.offer_us.add(
      static_cast<std::int64_t>((x.offered_s - x.sent_s) * 1e6));
}

std::string trip_ledger::judge(const entry& known,
                               const trip_view& view) const {
  if (known.rev == 0)
    return {};
  if (known.rider && view.rider && known.rider != view.rider)
    return "I2 " + told(view) + ": now belongs to rider "
           + to_string(view.rider) + ", before to " + to_string(known.rider);
  if (view.rev < known.rev)
    return {}; // Another client is ahead.
  const auto before =
    to_string(known.phase)
    + (known.driver ? " with driver " + to_string(known.driver) : "")
    + " at rev " + std::to_string(known.rev);
  if (is_terminal(known.phase) && !same_phase(known.phase, view.phase))
    return "I5 " + told(view) + ": was already " + before;
  if (view.rev == known.rev
      && (!same_phase(known.phase, view.phase) || known.driver != view.driver))
    return "I2 " + told(view) + ": one revision, two truths; was " + before;
  // Between two drivers lie his release and the other's assignment.
  if (has_driver(known.phase) && has_driver(view.phase)
      && known.driver != view.driver && view.rev < known.rev + 2)
    return "I2 " + told(view) + ": driver silently replaced; was " + before;
  return {};
}

std::string trip_ledger::heard(const trip_view& view) {
  std::lock_guard guard{mutex_};
  auto& x = trips_[view.trip];
  auto verdict = judge(x, view);
  if (view.rev < x.rev)
    return verdict;
  if (view.driver) {
    result_.reassigned += x.last_driver && x.last_driver != view.driver;
    x.last_driver = view.driver;
  }
  x.rev = view.rev;
  x.phase = view.phase;
  x.driver = view.driver;
  if (!x.rider)
    x.rider = view.rider;
  if (view.phase == trip_phase::arrived && !x.arrived) {
    x.arrived = true;
    result_.wait_ms.add((view.changed_at - view.requested_at).count());
  }
  if (!is_terminal(view.phase) || x.over)
    return verdict;
  if (view.phase == trip_phase::completed)
    ++result_.completed;
  else if (view.phase == trip_phase::expired)
    ++result_.expired;
  else if (view.ended_by && *view.ended_by == cause::rider)
    ++result_.cancelled_by_rider;
  else
    ++result_.cancelled_otherwise;
  end(view.trip, x);
  return verdict;
}

void trip_ledger::end(trip_id trip, entry& x) {
  x.over = true;
  ended_.push_back(trip);
  if (ended_.size() <= keep_)
    return;
  trips_.erase(ended_.front());
  ended_.pop_front();
}

void trip_ledger::over(trip_id trip) {
  std::lock_guard guard{mutex_};
  auto i = trips_.find(trip);
  if (i == trips_.end() || i->second.over)
    return;
  ++result_.ended_unseen;
  end(trip, i->second);
}

void trip_ledger::lost(trip_id trip) {
  std::lock_guard guard{mutex_};
  auto i = trips_.find(trip);
  if (i != trips_.end() && !i->second.over)
    end(trip, i->second);
}

outcomes trip_ledger::result() const {
  std::lock_guard guard{mutex_};
  auto out = result_;
  out.open = 0;
  for (const auto& [trip, x] : trips_)
    out.open += x.acknowledged && !x.over;
  return out;
}

std::uint64_t trip_ledger::open() const {
  return result().open;
}

std::vector<std::string> trip_ledger::unfinished() const {
  std::lock_guard guard{mutex_};
  std::vector<std::string> out;
  for (const auto& [trip, x] : trips_) {
    if (!x.acknowledged || x.over)
      continue;
    const auto name =
      "trip " + to_string(trip) + " of rider " + to_string(x.rider);
    if (x.rev == 0)
      out.push_back("I4 " + name + ": acknowledged and never heard of again");
    else
      out.push_back("I5 " + name + ": no end in time; was " + to_string(x.phase)
                    + " at rev " + std::to_string(x.rev));
  }
  return out;
}

} // namespace hansom::fleet
