#include "gateway/admission/admission.hpp"

#include <algorithm>

namespace hansom {

namespace {

/// What a beat adds to the level while the backlog is twice the target, and
/// while it grows by one target. The second is what ends a rush early: the
/// work that has been admitted comes back several times before it is done.
constexpr double by_height = 0.015;
constexpr double by_growth = 0.25;
/// However long something has stalled, the level does not jump.
constexpr double most_targets = 6;
constexpr double level_max = 2;

/// @returns whether a share of all is meant.
bool hit(double share, std::uint64_t random) noexcept {
  constexpr std::uint64_t whole = 1'000'000;
  return static_cast<double>(random % whole)
         < share * static_cast<double>(whole);
}

} // namespace

admission_verdict admission::ask(work what, std::uint64_t random,
                                 const admission_config& config) noexcept {
  if (what != work::open) {
    if (unanswered_ >= config.unanswered_max)
      return admission_verdict::full;
    // Inquiries go first: a refused request wastes the quote before it.
    if (hit(what == work::inquiry ? level_ : level_ - 1, random))
      return admission_verdict::slow;
  }
  ++unanswered_;
  return admission_verdict::admitted;
}

void admission::answered(std::size_t n) noexcept {
  unanswered_ -= std::min(n, unanswered_);
}

std::uint32_t admission::retry_ms(std::uint64_t random) const noexcept {
  auto middle = 500 + static_cast<std::uint32_t>(1000 * level_);
  return middle / 2 + static_cast<std::uint32_t>(random % middle);
}

void admission::begin(time now) noexcept {
  seen_ = {};
  seen_at_ = now;
  before_ = 0;
}

/// The least that was seen lately, in seconds: a burst or one long commit makes
/// some of it wait, only a queue that stands makes all of it wait.
double admission::standing(std::chrono::nanoseconds backlog,
                           std::size_t beats) noexcept {
  if (unanswered_ < busy_from)
    backlog = std::chrono::nanoseconds{0};
  for (; beats > 0; --beats) {
    seen_[next_] = backlog;
    next_ = (next_ + 1) % seen_.size();
  }
  return std::chrono::duration<double>{
    *std::min_element(seen_.begin(), seen_.end())}
    .count();
}

/// A proportional-integral controller: the level rises while more than the
/// target waits, and with each growth of what waits; and falls likewise. Of a
/// worker that is far behind the beats come late, too: one then stands for
/// those that were left out.
void admission::observe(std::chrono::nanoseconds backlog, time now,
                        const admission_config& config) noexcept {
  auto most = static_cast<std::int64_t>(seen_.size());
  auto beats = static_cast<std::size_t>(
    std::clamp<std::int64_t>((now - seen_at_) / beat, 1, most));
  seen_at_ = now;
  auto target = std::chrono::duration<double>{config.target}.count();
  auto waits = std::min(standing(backlog, beats), most_targets * target);
  auto height = (waits - target) / target * static_cast<double>(beats);
  auto growth = (waits - before_) / target;
  before_ = waits;
  level_ = std::clamp(level_ + by_height * height + by_growth * growth, 0.0,
                      level_max);
}

} // namespace hansom
