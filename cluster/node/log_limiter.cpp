#include "cluster/node/log_limiter.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace hansom {

std::uint64_t log_limiter::kind_of(std::string_view line) noexcept {
  constexpr std::uint64_t prime = 0x100000001b3ULL;
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  auto mix = [&](char c) {
    hash = (hash ^ static_cast<unsigned char>(c)) * prime;
  };
  line = line.substr(0, head_max);
  while (!line.empty()) {
    auto is_word = [](unsigned char c) { return std::isalnum(c) != 0; };
    auto word = line.substr(
      0, static_cast<std::size_t>(
           std::find_if_not(line.begin(), line.end(), is_word) - line.begin()));
    if (std::any_of(word.begin(), word.end(),
                    [](unsigned char c) { return std::isdigit(c) != 0; }))
      mix('#');
    else
      for (char c : word)
        mix(c);
    line.remove_prefix(word.size());
    if (!line.empty()) {
      mix(line.front());
      line.remove_prefix(1);
    }
  }
  return hash;
}

std::optional<std::uint64_t> log_limiter::ask(std::string_view line, time now) {
  if (per_second_ == 0)
    return 0;
  const double most = static_cast<double>(per_second_) * burst_seconds;
  auto which = kind_of(line);
  auto slot = kinds_.find(which);
  if (slot == kinds_.end()) {
    if (kinds_.size() >= kinds_max)
      forget_oldest();
    slot = kinds_.emplace(which, kind{most, now, 0}).first;
  }
  auto& x = slot->second;
  if (now > x.since) {
    auto elapsed = std::chrono::duration<double>(now - x.since).count();
    x.tokens = std::min(most, x.tokens + elapsed * per_second_);
    x.since = now;
  }
  if (x.tokens < 1) {
    ++x.left_out;
    ++suppressed_;
    return std::nullopt;
  }
  x.tokens -= 1;
  return std::exchange(x.left_out, 0);
}

// A thousand entries are read in microseconds, and only for a kind that is new
// among a thousand: less than what its line costs.
void log_limiter::forget_oldest() {
  kinds_.erase(
    std::min_element(kinds_.begin(), kinds_.end(), [](auto& a, auto& b) {
      return a.second.since < b.second.since;
    }));
}

} // namespace hansom
