#include "actors/cell/cell_books.hpp"

#include <algorithm>

namespace hansom {

namespace {

bool may_be_proposed(standing x) noexcept {
  return x == standing::free || x == standing::soon_free;
}

} // namespace

// -- drivers ------------------------------------------------------------------

driver_books::driver_books(geo_box box, std::uint32_t bucket_m)
  : free_{box, bucket_m}, soon_free_{box, bucket_m} {
}

driver_books::outcome driver_books::note(const driver_status& x,
                                         timestamp now) {
  auto found = all_.find(x.driver);
  if (found == all_.end()) {
    if (all_.size() >= drivers_max)
      return outcome::full;
    found = all_.try_emplace(x.driver).first;
  } else if (x.rev < found->second.rev) {
    return outcome::stale;
  }
  auto& book = found->second;
  auto was = book.now;
  auto changed = x.now != was || x.free_since != book.free_since
                 || x.free_at != book.free_at;
  if (changed) // A mere repetition says nothing new about a refusal.
    shunned_.erase(x.driver);
  // The gateway's batches may be ahead of the driver's own report.
  if (x.now == standing::soon_free || x.time >= book.time
      || was == standing::soon_free) {
    book.at = x.at;
    book.time = x.time;
  }
  book.now = x.now;
  book.classes = x.classes;
  book.rev = x.rev;
  book.heard = now;
  book.free_since = x.free_since;
  book.free_at = x.free_at;
  present_ += (x.now != standing::gone);
  present_ -= (was != standing::gone);
  if (x.now == standing::free)
    free_.upsert(x.driver, book.at, book.time);
  else if (was == standing::free)
    free_.erase(x.driver);
  if (x.now == standing::soon_free)
    soon_free_.upsert(x.driver, book.at, now);
  else if (was == standing::soon_free)
    soon_free_.erase(x.driver);
  auto freed = may_be_proposed(x.now) && (changed || !may_be_proposed(was));
  return freed ? outcome::freed : outcome::noted;
}

bool driver_books::move(const packed_position& x) {
  auto found = all_.find(x.driver);
  if (found == all_.end() || found->second.now == standing::gone)
    return false;
  auto& book = found->second;
  // A soon-free driver stands at his drop-off, wherever he is now.
  if (book.now == standing::soon_free || x.time < book.time)
    return true;
  book.at = x.at;
  book.time = x.time;
  if (book.now == standing::free)
    free_.upsert(x.driver, x.at, x.time);
  return true;
}

void driver_books::shun(driver_id driver, timestamp until) {
  if (shunned_.size() < drivers_max)
    shunned_[driver] = until;
}

bool driver_books::is_shunned(driver_id driver, timestamp now) const {
  if (shunned_.empty())
    return false;
  auto found = shunned_.find(driver);
  return found != shunned_.end() && now < found->second;
}

std::size_t driver_books::forget_silent(timestamp now) {
  std::erase_if(shunned_, [&](auto& x) { return x.second <= now; });
  std::size_t n = 0;
  for (auto i = all_.begin(); i != all_.end();) {
    auto& book = i->second;
    auto last = std::max(book.heard,
                         book.now == standing::gone ? timestamp{} : book.time);
    if (now - last <= silent_max) {
      ++i;
      continue;
    }
    free_.erase(i->first);
    soon_free_.erase(i->first);
    present_ -= (book.now != standing::gone);
    i = all_.erase(i);
    ++n;
  }
  return n;
}

const booked_driver* driver_books::find(driver_id driver) const {
  auto found = all_.find(driver);
  return found == all_.end() || found->second.now == standing::gone
           ? nullptr
           : &found->second;
}

std::size_t driver_books::fresh(timestamp now, milliseconds age) const {
  std::size_t n = 0;
  free_.for_each(
    [&](driver_id, geo_point, timestamp time) { n += (now - time <= age); });
  return n;
}

match_driver to_match_driver(driver_id driver, const booked_driver& x,
                             timestamp now) {
  match_driver result;
  result.driver = driver;
  result.at = x.at;
  result.classes = x.classes;
  result.free = may_be_proposed(x.now);
  if (x.now == standing::soon_free) {
    // His positions go to other cells; his statuses say that he is alive.
    result.seen_at = now - x.heard <= driver_books::silent_max ? now : x.heard;
    auto rest_ms = std::max<std::int64_t>((x.free_at - now).count(), 0);
    // A late drop-off is still ahead: at least a moment.
    result.free_in_s = static_cast<std::uint32_t>(rest_ms / 1000 + 1);
  } else {
    result.seen_at = x.time;
    result.idle_since = x.free_since;
  }
  return result;
}

// -- requests -----------------------------------------------------------------

request_book::outcome request_book::want(const want_driver& x, timestamp now) {
  auto found = all_.find(x.trip);
  if (found == all_.end()) {
    if (auto ended = ended_.find(x.trip);
        ended != ended_.end() && x.rev <= ended->second)
      return outcome::stale;
    if (all_.size() >= requests_max)
      return outcome::full;
    auto& entry = all_[x.trip];
    entry.want = x;
    entry.heard = now;
    return outcome::fresh;
  }
  auto& entry = found->second;
  if (x.rev < entry.want.rev)
    return outcome::stale;
  entry.heard = now;
  if (x.rev == entry.want.rev)
    return outcome::known;
  auto was_out = static_cast<bool>(entry.proposed_to);
  reopen(entry);
  entry.radius_m = 0;
  entry.search_again = {};
  entry.want = x;
  return was_out ? outcome::reopened : outcome::known;
}

bool request_book::unwant(trip_id trip) {
  auto found = all_.find(trip);
  if (found == all_.end())
    return false;
  reopen(found->second);
  remember_ended(trip, found->second.want.rev);
  all_.erase(found);
  return true;
}

void request_book::forget(trip_id trip) {
  if (auto found = all_.find(trip); found != all_.end()) {
    reopen(found->second);
    all_.erase(found);
  }
  ended_.erase(trip);
}

void request_book::proposed(trip_id trip, driver_id driver, timestamp until) {
  auto& entry = all_.at(trip);
  reopen(entry);
  entry.proposed_to = driver;
  entry.out_until = until;
  proposals_[driver] = trip;
}

void request_book::searched(trip_id trip, std::uint32_t radius_m,
                            timestamp again) {
  auto& entry = all_.at(trip);
  entry.radius_m = radius_m;
  entry.search_again = again;
}

bool request_book::refused(trip_id trip, driver_id driver) {
  auto found = all_.find(trip);
  if (found == all_.end() || found->second.proposed_to != driver)
    return false;
  reopen(found->second);
  return true;
}

std::size_t request_book::reopen_lost(timestamp now) {
  std::size_t n = 0;
  for (auto& [trip, entry] : all_)
    if (entry.proposed_to && entry.out_until <= now) {
      reopen(entry);
      ++n;
    }
  return n;
}

std::size_t request_book::forget_silent(timestamp before) {
  std::vector<trip_id> silent;
  for (auto& [trip, entry] : all_)
    if (entry.heard < before)
      silent.push_back(trip);
  std::sort(silent.begin(), silent.end());
  for (auto trip : silent)
    forget(trip); // It may have been out of reach, and say the same again.
  return silent.size();
}

std::vector<waiting_request*> request_book::open() {
  std::vector<waiting_request*> result;
  result.reserve(open_count());
  for (auto& [trip, entry] : all_)
    if (!entry.proposed_to)
      result.push_back(&entry);
  std::sort(result.begin(), result.end(), [](auto* a, auto* b) {
    return std::pair{a->want.requested_at, a->want.trip}
           < std::pair{b->want.requested_at, b->want.trip};
  });
  return result;
}

const waiting_request* request_book::find(trip_id trip) const {
  auto found = all_.find(trip);
  return found == all_.end() ? nullptr : &found->second;
}

void request_book::reopen(waiting_request& x) {
  if (!x.proposed_to)
    return;
  proposals_.erase(x.proposed_to);
  x.proposed_to = {};
  x.out_until = {};
}

void request_book::remember_ended(trip_id trip, std::uint32_t rev) {
  if (ended_order_.size() < ended_max) {
    ended_order_.push_back(trip);
  } else {
    ended_.erase(ended_order_[ended_next_]);
    ended_order_[ended_next_] = trip;
    ended_next_ = (ended_next_ + 1) % ended_max;
  }
  ended_[trip] = rev;
}

} // namespace hansom
