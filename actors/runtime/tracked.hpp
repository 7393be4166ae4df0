#pragma once

#include "actors/runtime/mailbox_waits.hpp"
#include "actors/runtime/observatory.hpp"
#include "actors/runtime/probe.hpp"

#include <caf/all.hpp>

#include <memory>

namespace hansom {

/// The base of every entity actor: counts what comes in, what is handled, what
/// is being handled since when, and the last few messages with their times.
/// Usage: `tracked<caf::stateful_actor<S, my_actor::base>>* self`.
///
/// A state with `void report(probe&) const` says after each message what it is
/// now; other actors override `report`.
template <class Base>
class tracked : public Base {
public:
  using Base::Base;

  /// Shared with the directory, which outlives the actor's own memory. Before
  /// the first message.
  void watch_with(std::shared_ptr<probe> p) {
    probe_ = std::move(p);
    if (probe_ == nullptr || probe_->home == nullptr)
      return;
    this->set_default_handler(
      [p = probe_.get()](caf::scheduled_actor*,
                         caf::message_view& x) -> caf::result<caf::message> {
        p->home->unhandled(p->who, kind_of(x.content()));
        return caf::sec::unexpected_message;
      });
  }

  void enqueue(caf::mailbox_element_ptr what,
               caf::execution_unit* where) override {
    if (probe_)
      timer_.comes(probe_->enqueued.fetch_add(1, std::memory_order_relaxed),
                   probe_->who.id);
    Base::enqueue(std::move(what), where);
  }

  caf::invoke_message_result consume(caf::mailbox_element& what) override {
    if (!probe_)
      return Base::consume(what);
    auto keep = probe_; // The handler may end the actor.
    if (auto ns =
          timer_.turn(keep->handled.load(std::memory_order_relaxed) + 1);
        ns >= 0) [[unlikely]]
      mailbox_waits::of(keep->who.kind)
        .add(static_cast<std::uint64_t>(ns) / 1000);
    turn_of turn{keep->shard};
    handling now{*keep, what.content()};
    try {
      auto verdict = Base::consume(what);
      report(*keep);
      now.end(what.content());
      return verdict;
    } catch (const std::exception& e) {
      now.failed(e.what());
      throw;
    }
  }

protected:
  /// Says what the actor is, after each message.
  virtual void report(probe& p) const {
    if constexpr (requires { this->state.report(p); })
      this->state.report(p);
  }

private:
  std::shared_ptr<probe> probe_;
  wait_timer timer_;
};

} // namespace hansom
