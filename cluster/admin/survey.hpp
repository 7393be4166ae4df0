#pragma once

#include "actors/runtime/runtime.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
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

/// All actors of one kind, summed up.
struct kind_total {
  std::uint64_t actors = 0;
  std::uint64_t mailbox = 0;
  std::uint64_t deepest = 0; ///< The longest mailbox.
  std::uint64_t handled = 0;
  std::uint64_t running = 0;
  std::uint64_t window_handled = 0;
  std::uint64_t window_ns = 0;
  std::array<std::uint32_t, 256> by_state{}; ///< Actors.

  void add(const survey_row& x) noexcept;
};

/// By `entity_kind`.
using kind_totals = std::array<kind_total, 5>;

/// Who is below whom.
class kinship {
public:
  static constexpr std::size_t listed_max = 200; ///< Children of one parent.

  struct children {
    std::size_t count = 0;
    std::vector<const survey_row*> first; ///< At most `listed_max`.
  };

  explicit kinship(const std::vector<survey_row>& rows);

  [[nodiscard]] const children& of(entity_ref parent) const;
  /// @returns those of a kind, but cells, who are below nobody.
  [[nodiscard]] const children& roots(entity_kind kind) const;
  /// @returns those whose cell or trip is not here: another node has it, or it
  ///          has left memory.
  [[nodiscard]] const children& orphans(entity_kind kind) const;

private:
  using by_kind = std::array<children, 5>;

  std::unordered_map<entity_ref, children> below_;
  by_kind roots_;
  by_kind orphans_;
};

/// All actors of a node at one moment. What several views want of all rows is
/// made once.
class survey {
public:
  timestamp at;
  double window_s = 0; ///< Since the survey before.
  std::vector<survey_row> rows;
  kind_totals totals;
  /// Those in a message for longer than its deadline, and those with more mail
  /// than their kind may have. Of `rows`.
  std::vector<std::uint32_t> stuck;
  std::vector<std::uint32_t> behind;

  /// Made when somebody asks first; `rows` stay as they are from then on.
  /// Thread-safe.
  [[nodiscard]] const kinship& kin() const;

private:
  mutable std::once_flag kin_made_;
  mutable std::optional<kinship> kin_;
};

using shared_survey = std::shared_ptr<const survey>;

/// Reads all probes, at most once a second, for whoever looks: ten viewers cost
/// little more than one. Asks no actor, so a stuck one shows like any other.
/// Costs some 10 ms at 200,000 actors, on the caller's thread; senders to one
/// of the directory's 64 parts wait for less than one. Thread-safe.
class surveyor {
public:
  using steady = std::chrono::steady_clock;
  static constexpr std::chrono::seconds fresh_for{1};

  explicit surveyor(runtime& node) : node_{node} {
  }

  [[nodiscard]] shared_survey look(steady::time_point now = steady::now());

  /// Sums alone, for who looks all the time, such as Prometheus: those of the
  /// last survey, or of a walk that keeps nothing else and ends no window.
  [[nodiscard]] kind_totals count(steady::time_point now = steady::now());

  /// Lets go of the last survey's memory.
  void forget();

private:
  void walk(steady::time_point now);

  runtime& node_;
  std::mutex mutex_; ///< Also guards the probes' `seen_...`.
  std::shared_ptr<survey> last_;
  steady::time_point last_at_ = steady::now();
  std::optional<kind_totals> counted_;
  steady::time_point counted_at_ = steady::now();
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
