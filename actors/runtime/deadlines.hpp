#pragma once

#include "actors/runtime/runtime.hpp"
#include "protocol/json_writer.hpp"

#include <array>
#include <string>
#include <type_traits>

namespace hansom {

/// An entity's own deadlines, one for each value of `Purpose` (an enum that
/// counts up from 1 and ends with `end`). Moving one into the future, which
/// positions do all the time, costs nothing: the alarm that is out rings
/// early and is set again.
template <class Purpose>
class deadlines {
public:
  static constexpr auto size = static_cast<std::size_t>(Purpose::end);

  void set(runtime& rt, entity_ref me, Purpose what, timestamp due) {
    auto& x = of(what);
    x.due = due;
    if (!x.armed || due < x.armed)
      arm(rt, me, what, due);
  }

  void clear(Purpose what) {
    of(what).due = {};
  }

  [[nodiscard]] bool is_set(Purpose what) const {
    return static_cast<bool>(entries_[static_cast<std::size_t>(what)].due);
  }

  /// An alarm has rung.
  /// @returns whether the deadline is reached; it is cleared then.
  bool rang(runtime& rt, entity_ref me, Purpose what) {
    auto& x = of(what);
    auto now = rt.now();
    if (x.armed && now < x.armed)
      return false; // An older alarm; a newer one is out.
    x.armed = {};
    if (!x.due)
      return false;
    if (now < x.due) {
      arm(rt, me, what, x.due);
      return false;
    }
    x.due = {};
    return true;
  }

  /// Appends `{"<name>":<milliseconds left>,...}`.
  void describe(std::string& out, timestamp now) const {
    out += '{';
    for (std::size_t i = 1; i < size; ++i) {
      if (!entries_[i].due)
        continue;
      if (out.back() != '{')
        out += ',';
      json::append(out, to_string(static_cast<Purpose>(i)));
      out += ':';
      json::append(out, (entries_[i].due - now).count());
    }
    out += '}';
  }

private:
  struct entry {
    timestamp due;   ///< 0: not set.
    timestamp armed; ///< When the alarm that is out rings; 0: none.
  };

  entry& of(Purpose what) {
    return entries_[static_cast<std::size_t>(what)];
  }

  void arm(runtime& rt, entity_ref me, Purpose what, timestamp due) {
    of(what).armed = due;
    rt.set_alarm(me, static_cast<std::uint64_t>(what), due);
  }

  std::array<entry, size> entries_;
};

} // namespace hansom
