#include "actors/runtime/observatory.hpp"

#include "actors/runtime/kind_description.hpp"

#include <caf/message.hpp>

#include <algorithm>
#include <limits>

namespace hansom {

namespace {

constexpr std::size_t text_max = 300;

std::uint32_t microseconds_of(std::chrono::milliseconds x) {
  auto us = std::chrono::microseconds{x}.count();
  return static_cast<std::uint32_t>(
    std::min<std::int64_t>(us, std::numeric_limits<std::uint32_t>::max()));
}

} // namespace

observatory::observatory(node_clock clock) : clock_{clock} {
  for (auto& row : deadlines_us_)
    row.fill(microseconds_of(message_rule{}.deadline));
  for (auto& kind : actor_kinds())
    for (auto& rule : kind.messages)
      deadlines_us_[static_cast<std::size_t>(kind.kind)][rule.kind] =
        microseconds_of(rule.deadline);
}

std::shared_ptr<probe> observatory::probe_for(entity_ref who) {
  auto made =
    std::make_shared<probe>(who, this, describe_kind(who.kind).history);
  // Who follows an actor goes on when it comes back into memory.
  if (following_.load(std::memory_order_relaxed)) {
    std::lock_guard guard{mutex_};
    auto any = false; // Or nobody is looked up from now on.
    for (auto& x : recordings_) {
      if (x.trace || x.what->ended())
        continue;
      any = true;
      if (x.what->whom() == who)
        made->watched.store(true, std::memory_order_relaxed);
    }
    following_.store(any, std::memory_order_relaxed);
  }
  return made;
}

// -- what actors tell ---------------------------------------------------------

void observatory::note_slow(entity_ref who, message_kind kind,
                            std::uint64_t us) {
  slow_.note({clock_.now(), who, kind, {}, us});
}

void observatory::died(probe& p, message_kind at, std::string why) {
  if (!p.died.exchange(true, std::memory_order_relaxed))
    deaths_.note({clock_.now(), p.who, at, std::move(why), 0});
}

void observatory::unhandled(entity_ref who, message_kind what) {
  unhandled_.note({clock_.now(), who, what, {}, 0});
}

void observatory::dead_letter(entity_ref to, message_kind what,
                              drop_reason why) {
  auto name = to_text(why);
  dead_letters_.note({clock_.now(), to, what, std::string{name}, 0}, name);
}

void observatory::record(probe& p, message_kind kind, trip_id trip,
                         std::uint64_t us, bool failed,
                         const caf::type_erased_tuple& what) {
  std::vector<std::shared_ptr<recording>> wanted;
  {
    std::lock_guard guard{mutex_};
    auto followed = false;
    for (auto& x : recordings_) {
      if (x.what->ended())
        continue;
      followed = followed || (!x.trace && x.what->whom() == p.who);
      if (x.trace ? x.what->whom() == entity_ref{trip}
                  : x.what->whom() == p.who)
        wanted.push_back(x.what);
    }
    p.watched.store(followed, std::memory_order_relaxed);
    count_traces();
  }
  if (wanted.empty())
    return;
  message_record x{0,  clock_.now(), p.who, kind,
                   us, failed,       trip,  text_of(what, kind, text_max)};
  for (auto& to : wanted)
    to->take(x);
}

// -- for who looks ------------------------------------------------------------

/// Whether any trace goes on. Under the lock.
void observatory::count_traces() {
  auto is_live = [](auto& x) { return x.trace && !x.what->ended(); };
  tracing_.store(std::any_of(recordings_.begin(), recordings_.end(), is_live),
                 std::memory_order_relaxed);
}

/// Forgets the oldest that has ended when there are many. Under the lock.
bool observatory::make_room() {
  if (recordings_.size() < recordings_max)
    return true;
  auto done = std::find_if(recordings_.begin(), recordings_.end(),
                           [](auto& x) { return x.what->ended(); });
  if (done == recordings_.end())
    return false;
  recordings_.erase(done);
  return true;
}

std::shared_ptr<recording>
observatory::follow(entity_ref who, const std::shared_ptr<probe>& watch) {
  std::lock_guard guard{mutex_};
  std::shared_ptr<recording> result;
  std::erase_if(recordings_, [&](auto& x) {
    if (x.trace || x.what->whom() != who)
      return false;
    if (!x.what->ended())
      result = x.what;
    return result == nullptr;
  });
  if (result) {
    result->prolong();
  } else {
    if (!make_room())
      return nullptr;
    result = std::make_shared<recording>(who, recording::limits{});
    recordings_.push_back({result, false});
  }
  following_.store(true, std::memory_order_relaxed);
  if (watch)
    watch->watched.store(true, std::memory_order_relaxed);
  return result;
}

std::shared_ptr<recording> observatory::trace(trip_id trip,
                                              recording::limits with) {
  std::lock_guard guard{mutex_};
  std::erase_if(recordings_, [&](auto& x) {
    return x.trace && x.what->whom() == entity_ref{trip};
  });
  if (!make_room())
    return nullptr;
  auto result = std::make_shared<recording>(trip, with);
  recordings_.push_back({result, true});
  tracing_.store(true, std::memory_order_relaxed);
  return result;
}

std::shared_ptr<recording> observatory::find(entity_ref who, bool trace) const {
  std::lock_guard guard{mutex_};
  for (auto& x : recordings_)
    if (x.trace == trace && x.what->whom() == who)
      return x.what;
  return nullptr;
}

} // namespace hansom
