#pragma once

#include <cmath>
#include <functional>
#include <limits>
#include <string>

namespace hansom::bench {

/// Whether smaller or larger is better, where there is a goal at all.
enum class goal_kind { none, at_most, at_least };

/// One line of the report: a figure, what it is held against, what is wanted.
struct row {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

  std::string measure;
  std::string unit;
  double value = unknown;
  std::string baseline_name; ///< Empty: nothing to hold it against.
  double baseline = unknown; ///< Measured in the same run.
  goal_kind goal = goal_kind::none;
  double limit = unknown;
  std::string note;
  std::string profile; ///< How to see why, when the goal is not met.

  [[nodiscard]] bool met() const noexcept {
    return goal == goal_kind::none
           || (goal == goal_kind::at_most ? value <= limit : value >= limit);
  }
  /// @returns value over baseline, or not a number.
  [[nodiscard]] double ratio() const noexcept {
    return baseline == 0 ? unknown : value / baseline;
  }
};

/// Takes rows as they become known.
using report = std::function<void(const row&)>;

/// How much effort a measurement makes.
struct effort {
  bool quick = false;
  double seconds = 1; ///< Of each timed loop.
};

} // namespace hansom::bench
