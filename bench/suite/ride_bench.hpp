#pragma once

#include "bench/suite/scene.hpp"
#include "bench/suite/under_load.hpp"

#include <string>

namespace hansom::bench {

/// More rides a second than any node takes: only the number of riders holds
/// the load back.
inline constexpr double flat_out = 100'000;

/// Puts rides on a new node and watches it. Shared by the sections that do.
class ride_bench {
public:
  explicit ride_bench(const scene& at);

  /// @param per_s rides begun, open loop. @param name of the recording.
  pace measure(double per_s, std::uint32_t riders, const std::string& name);

  /// What the last measurement was made of, for a row's note.
  [[nodiscard]] std::string said(const pace& x) const;

  [[nodiscard]] const scene& at() const noexcept {
    return at_;
  }
  [[nodiscard]] std::uint32_t drivers() const noexcept {
    return drivers_;
  }
  /// As many as never rest when the peak is looked for.
  [[nodiscard]] std::uint32_t riders() const noexcept {
    return drivers_ / 8;
  }
  /// As many as one process can connect besides the drivers.
  [[nodiscard]] std::uint32_t riders_max() const noexcept;

private:
  void note_work(const metrics& before, const metrics& after);

  const scene& at_;
  double span_;
  std::uint32_t drivers_;
  std::string work_;
};

/// At twice the saturating load: how much of the peak is served, and what
/// becomes of the rest.
void measure_overload(const report& to, const scene& at);

} // namespace hansom::bench
