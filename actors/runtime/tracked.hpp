#pragma once

#include "actors/runtime/probe.hpp"

#include <caf/all.hpp>

#include <memory>

namespace hansom {

/// The base of every entity actor: counts what comes in, what is handled, what
/// is being handled since when, and the last few messages with their times.
/// Usage: `tracked<caf::stateful_actor<S, my_actor::base>>* self`.
template <class Base>
class tracked : public Base {
public:
  using Base::Base;

  /// Shared with the directory, which outlives the actor's own memory.
  void watch_with(std::shared_ptr<probe> p) {
    probe_ = std::move(p);
  }

  void enqueue(caf::mailbox_element_ptr what,
               caf::execution_unit* where) override {
    if (probe_)
      probe_->enqueued.fetch_add(1, std::memory_order_relaxed);
    Base::enqueue(std::move(what), where);
  }

  caf::invoke_message_result consume(caf::mailbox_element& what) override {
    if (!probe_)
      return Base::consume(what);
    auto keep = probe_; // The handler may end the actor.
    turn_of turn{keep->shard};
    auto type = type_of(what.content());
    auto begin = std::chrono::steady_clock::now();
    keep->running_type.store(type, std::memory_order_relaxed);
    keep->running_since_ns.store(begin.time_since_epoch().count(),
                                 std::memory_order_relaxed);
    auto verdict = Base::consume(what);
    keep->running_since_ns.store(0, std::memory_order_relaxed);
    note(*keep, type, begin, std::chrono::steady_clock::now());
    return verdict;
  }

private:
  /// Commands are (client_ref, command): the second type tells more.
  static std::uint16_t type_of(const caf::type_erased_tuple& x) {
    if (x.empty())
      return 0;
    return x.type(x.size() > 1 ? 1 : 0).first;
  }

  static void note(probe& p, std::uint16_t type,
                   std::chrono::steady_clock::time_point begin,
                   std::chrono::steady_clock::time_point end) {
    using namespace std::chrono;
    auto n = p.handled.fetch_add(1, std::memory_order_relaxed);
    auto& slot = p.last[n % probe::history];
    slot.type.store(type, std::memory_order_relaxed);
    slot.micros.store(static_cast<std::uint32_t>(
                        duration_cast<microseconds>(end - begin).count()),
                      std::memory_order_relaxed);
    slot.at_decis.store(
      static_cast<std::uint32_t>(
        duration_cast<milliseconds>(end - p.born).count() / 100),
      std::memory_order_relaxed);
  }

  std::shared_ptr<probe> probe_;
};

} // namespace hansom
