#pragma once

#include "actors/runtime/runtime.hpp"
#include "protocol/json/writer.hpp"

#include <array>
#include <string>
#include <type_traits>

namespace hansom {

/// An entity's own deadlines, one for each value of `Purpose` (an enum that
/// counts up from 1 and ends with `end`). One alarm is out for all of them, the
/// earliest: a message for each would be a sixth of what a ride's actors have
/// to handle. Moving a deadline into the future, which positions do all the
/// time, costs nothing: the alarm that is out rings early and is set again.
template <class Purpose>
class deadlines {
public:
  static constexpr auto size = static_cast<std::size_t>(Purpose::end);

  void set(runtime& rt, entity_ref me, Purpose what, timestamp due) {
    of(what) = due;
    if (!armed_ || due < armed_)
      arm(rt, me, due);
  }

  void clear(Purpose what) {
    of(what) = {};
  }

  [[nodiscard]] bool is_set(Purpose what) const {
    return static_cast<bool>(dues_[static_cast<std::size_t>(what)]);
  }

  /// An alarm has rung: calls `handle(what)` for each deadline that is reached,
  /// which is cleared before, then waits for the next one. What `handle` sets
  /// rings on its own, at the next tick at the earliest.
  template <class Handler>
  void ring(runtime& rt, entity_ref me, Handler handle) {
    auto now = rt.now();
    if (armed_ && now < armed_)
      return; // An older alarm; a newer one is out.
    armed_ = {};
    std::array<bool, size> reached{};
    for (std::size_t i = 1; i < size; ++i)
      if (dues_[i] && dues_[i] <= now) {
        reached[i] = true;
        dues_[i] = {};
      }
    for (std::size_t i = 1; i < size; ++i)
      if (reached[i])
        handle(static_cast<Purpose>(i));
    arm_earliest(rt, me);
  }

  /// Appends `{"<name>":<milliseconds left>,...}`.
  void describe(std::string& out, timestamp now) const {
    out += '{';
    for (std::size_t i = 1; i < size; ++i) {
      if (!dues_[i])
        continue;
      if (out.back() != '{')
        out += ',';
      json::append(out, to_string(static_cast<Purpose>(i)));
      out += ':';
      json::append(out, (dues_[i] - now).count());
    }
    out += '}';
  }

private:
  timestamp& of(Purpose what) {
    return dues_[static_cast<std::size_t>(what)];
  }

  void arm(runtime& rt, entity_ref me, timestamp due) {
    constexpr std::uint64_t token = 1;
    armed_ = due;
    rt.set_alarm(me, token, due);
  }

  void arm_earliest(runtime& rt, entity_ref me) {
    timestamp earliest;
    for (auto due : dues_)
      if (due && (!earliest || due < earliest))
        earliest = due;
    if (earliest && (!armed_ || earliest < armed_))
      arm(rt, me, earliest);
  }

  std::array<timestamp, size> dues_; ///< 0: not set.
  timestamp armed_; ///< When the earliest alarm that is out rings; 0: none is.
};

} // namespace hansom
