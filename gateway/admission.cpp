#include "gateway/admission.hpp"

#include <algorithm>

namespace hansom {

namespace {

constexpr std::uint32_t whole = 1'000'000;
constexpr std::uint32_t step_up = 20'000;
/// Fewer answers of a kind in an interval prove nothing: one slow entity or a
/// single long commit is no overload.
constexpr std::uint32_t samples_min = 16;
/// With so many waiting, silence is no sign of ease.
constexpr std::size_t silence_max = 64;

} // namespace

admission_verdict admission::ask(work what, time now, std::uint64_t random,
                                 const admission_config& config) noexcept {
  judge(now);
  if (what != work::open) {
    if (unanswered_ >= config.unanswered_max)
      return admission_verdict::full;
    // Inquiries go first: a refused request wastes the quote before it.
    auto share = what == work::inquiry ? std::min(whole, 2 * level_)
                                       : std::max(whole, 2 * level_) - whole;
    if (random % whole < share)
      return admission_verdict::slow;
  }
  ++unanswered_;
  return admission_verdict::admitted;
}

void admission::answered(std::size_t kind, time since, time now,
                         const admission_config& config) noexcept {
  judge(now);
  forgotten(1);
  auto& x = seen_[std::min(kind, kinds_max - 1)];
  ++x.all;
  x.in_time += now - since <= config.target;
}

void admission::forgotten(std::size_t n) noexcept {
  unanswered_ -= std::min(n, unanswered_);
}

std::uint32_t admission::retry_ms(std::uint64_t random) const noexcept {
  auto middle = 500 + 2 * (level_ / 1000);
  return middle / 2 + static_cast<std::uint32_t>(random % middle);
}

/// By kind, since kinds take different ways: quotes that need no commit would
/// hide that commits are behind. The fastest quarter stands for the queue; a
/// burst makes only the slowest slow.
bool admission::behind() const noexcept {
  return std::any_of(seen_.begin(), seen_.end(), [](const seen& x) {
    return x.all >= samples_min && 4 * x.in_time < x.all;
  });
}

void admission::judge(time now) noexcept {
  if (now < interval_ends_)
    return;
  if (behind())
    level_ = std::min(whole, level_ + step_up);
  else if (unanswered_ < silence_max
           || std::any_of(seen_.begin(), seen_.end(),
                          [](const seen& x) { return x.all > 0; }))
    level_ = std::max(level_ - level_ / 10, 5000U) - 5000;
  seen_ = {};
  // A long pause is many intervals without anything to do.
  if (now - interval_ends_ > 50 * interval && unanswered_ < silence_max)
    level_ = 0;
  interval_ends_ = now + interval;
}

} // namespace hansom
