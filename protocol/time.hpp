#pragma once

#include <caf/meta/type_name.hpp>

#include <chrono>
#include <compare>
#include <cstdint>

namespace hansom {

using std::chrono::milliseconds;

/// A point in wall-clock time: milliseconds since 1970-01-01 UTC. In JSON a
/// number. Comes from a `node_clock`, never from `system_clock::now()`.
struct timestamp {
  std::int64_t ms = 0; ///< 0 means "not yet".

  friend auto operator<=>(timestamp, timestamp) = default;

  friend timestamp operator+(timestamp t, milliseconds d) noexcept {
    return {t.ms + d.count()};
  }
  friend timestamp operator-(timestamp t, milliseconds d) noexcept {
    return {t.ms - d.count()};
  }
  friend milliseconds operator-(timestamp a, timestamp b) noexcept {
    return milliseconds{a.ms - b.ms};
  }
  explicit operator bool() const noexcept {
    return ms != 0;
  }
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, timestamp& x) {
  return f(caf::meta::type_name("time"), x.ms);
}

} // namespace hansom
