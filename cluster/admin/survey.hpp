#pragma once

#include "actors/runtime/runtime.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace hansom {

/// One actor at the moment of a survey.
struct survey_row {
  entity_ref who;
  entity_ref parent; ///< An id of 0: below nobody.
  std::uint64_t handled = 0;
  std::uint64_t busy_ns = 0;   ///< In all.
  std::uint64_t window_ns = 0; ///< At work since the survey before.
  std::uint32_t window_handled = 0;
  std::uint32_t mailbox = 0;
  std::uint32_t age_s = 0;
  std::uint32_t running_ms = 0; ///< Of the message in its hands.
  message_kind running = 0;
  bool at_work = false;
  std::uint8_t state = 0;
};

/// All actors of a node at one moment.
struct survey {
  timestamp at;
  double window_s = 0; ///< Since the survey before.
  std::vector<survey_row> rows;
};

using shared_survey = std::shared_ptr<const survey>;

/// Reads all probes, at most once a second, for whoever looks: ten viewers cost
/// what one does. Asks no actor, so a stuck one shows like any other. Costs
/// tens of milliseconds at 200,000 actors, on the caller's thread; senders to
/// one of the directory's 64 parts wait for less than one. Thread-safe.
class surveyor {
public:
  static constexpr std::chrono::seconds fresh_for{1};

  explicit surveyor(runtime& node) : node_{node} {
  }

  [[nodiscard]] shared_survey look();

  /// Lets go of the last survey's memory.
  void forget();

private:
  using steady = std::chrono::steady_clock;

  [[nodiscard]] shared_survey walk(steady::time_point now);

  runtime& node_;
  std::mutex mutex_; ///< Also guards the probes' `seen_...`.
  shared_survey last_;
  steady::time_point last_at_ = steady::now();
};

/// Which actors somebody wants to see, and in which order.
struct row_filter {
  std::optional<entity_kind> kind;
  std::optional<shard_id> shard;
  cell_id cell;      ///< Zero: any. Takes all who are below it.
  std::string state; ///< Empty: any.
  std::string text;  ///< Part of the name; empty: any.
  std::string sort = "mailbox";
  std::size_t limit = 50;
};

/// The orders that `select` knows, for messages to people.
inline constexpr std::string_view row_orders =
  "mailbox, rate, busy, handled, age, running or name";
[[nodiscard]] bool is_row_order(std::string_view x) noexcept;

struct selection {
  std::size_t matched = 0; ///< Also those beyond the limit.
  std::vector<const survey_row*> rows;
};

/// @returns the first rows by the filter's order; valid as long as `from`.
[[nodiscard]] selection select(const survey& from, const row_filter& filter);

} // namespace hansom
