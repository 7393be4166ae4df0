#pragma once

#include "actors/runtime/clock.hpp"
#include "actors/runtime/counters.hpp"
#include "actors/runtime/incident_log.hpp"
#include "actors/runtime/message_ledger.hpp"
#include "actors/runtime/probe.hpp"
#include "actors/runtime/recording.hpp"

#include <caf/message.hpp>

#include <array>
#include <memory>
#include <mutex>
#include <vector>

namespace hansom {

/// What a node knows of its actors beyond the probes: how long which messages
/// take, what went wrong, and what somebody follows live. There is no actor for
/// it: each thread writes its own figures, and who wants to know reads them.
/// While nobody follows anything, a message costs two looks at a clock, a few
/// stores into memory of its actor and its thread, and no lock. Thread-safe; a
/// node view. Outlives all actors.
class observatory {
public:
  static constexpr std::size_t recordings_max = 16;

  explicit observatory(node_clock clock);

  /// Makes the probe of an actor that is about to come into memory.
  std::shared_ptr<probe> probe_for(entity_ref who);

  // -- what actors tell -------------------------------------------------------

  /// A message was handled, or has thrown.
  void handled(probe& p, message_kind kind, trip_id trip, std::uint64_t took_ns,
               bool failed, const caf::type_erased_tuple& what) {
    auto us = took_ns / 1000;
    auto slow = us > deadline_us(p.who.kind, kind);
    ledger_.count(p.who.kind, kind, took_ns, slow, failed);
    if (slow) [[unlikely]]
      note_slow(p.who, kind, us);
    if (p.watched.load(std::memory_order_relaxed)
        || (trip && tracing_.load(std::memory_order_relaxed))) [[unlikely]]
      record(p, kind, trip, us, failed, what);
  }

  /// A handler has thrown, or the actor could not be built: it is no more.
  void died(probe& p, message_kind at, std::string why);
  /// Its receiver does not know the message.
  void unhandled(entity_ref who, message_kind what);
  /// A message that nobody took.
  void dead_letter(entity_ref to, message_kind what, drop_reason why);

  // -- for who looks ----------------------------------------------------------

  [[nodiscard]] const message_ledger& ledger() const noexcept {
    return ledger_;
  }
  [[nodiscard]] const incident_log& slow() const noexcept {
    return slow_;
  }
  [[nodiscard]] const incident_log& deaths() const noexcept {
    return deaths_;
  }
  [[nodiscard]] const incident_log& unhandled() const noexcept {
    return unhandled_;
  }
  [[nodiscard]] const incident_log& dead_letters() const noexcept {
    return dead_letters_;
  }

  /// Follows one actor from now on, or goes on with it.
  /// @param watch its probe; may be null when it is not in memory.
  /// @returns null when too much is followed already.
  std::shared_ptr<recording> follow(entity_ref who,
                                    const std::shared_ptr<probe>& watch);

  /// Begins to record all messages about a trip; ends an older one of it.
  /// @returns null when too much is followed already.
  std::shared_ptr<recording> trace(trip_id trip, recording::limits with);

  /// @returns the recording of an actor or a trip, ended or not; null: none.
  [[nodiscard]] std::shared_ptr<recording> find(entity_ref who,
                                                bool trace) const;

  /// @returns the handling time beyond which a message is slow, microseconds.
  [[nodiscard]] std::uint64_t deadline_us(entity_kind actor,
                                          message_kind x) const noexcept {
    return deadlines_us_[static_cast<std::size_t>(actor)][x];
  }

private:
  struct entry {
    std::shared_ptr<recording> what;
    bool trace = false;
  };

  void note_slow(entity_ref who, message_kind kind, std::uint64_t us);
  void record(probe& p, message_kind kind, trip_id trip, std::uint64_t us,
              bool failed, const caf::type_erased_tuple& what);
  bool make_room();
  void count_traces();

  node_clock clock_;
  std::array<std::array<std::uint32_t, message_kinds_max>, 5> deadlines_us_{};
  message_ledger ledger_;
  incident_log slow_;
  incident_log deaths_;
  incident_log unhandled_;
  incident_log dead_letters_;
  std::atomic<bool> tracing_{false};
  std::atomic<bool> following_{false};
  mutable std::mutex mutex_; ///< Guards what follows.
  std::vector<entry> recordings_;
};

/// One message in the hands of an actor. Made before it is handled.
class handling {
public:
  handling(probe& p, const caf::type_erased_tuple& what) noexcept
    : p_{p}, kind_{kind_of(what)}, trip_{p.who.kind == entity_kind::trip
                                           ? trip_id{p.who.id}
                                           : trip_in(what, kind_)},
      begin_{std::chrono::steady_clock::now()} {
    p.running_kind.store(kind_, std::memory_order_relaxed);
    p.running_since_ns.store(begin_.time_since_epoch().count(),
                             std::memory_order_relaxed);
  }

  void end(const caf::type_erased_tuple& what) {
    auto took = finish();
    if (p_.home != nullptr)
      p_.home->handled(p_, kind_, trip_, took, false, what);
  }

  void failed(const char* why) {
    auto took = finish();
    if (p_.home == nullptr)
      return;
    p_.home->handled(p_, kind_, trip_, took, true, caf::message{});
    p_.home->died(p_, kind_, why);
  }

private:
  std::uint64_t finish() {
    auto end = std::chrono::steady_clock::now();
    auto took = static_cast<std::uint64_t>((end - begin_).count());
    p_.running_since_ns.store(0, std::memory_order_relaxed);
    p_.remember(kind_, took / 1000, trip_, end);
    // One thread writes these at a time.
    auto add = [](std::atomic<std::uint64_t>& to, std::uint64_t n) {
      to.store(to.load(std::memory_order_relaxed) + n,
               std::memory_order_relaxed);
    };
    add(p_.busy_ns, took);
    add(p_.handled, 1);
    return took;
  }

  probe& p_;
  message_kind kind_;
  trip_id trip_;
  std::chrono::steady_clock::time_point begin_;
};

} // namespace hansom
