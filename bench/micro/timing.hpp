#pragma once

#include "protocol/time.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <vector>

namespace hansom::bench {

/// Makes the compiler believe that somebody looks at `x`.
template <class T>
void keep(const T& x) {
  __asm__ volatile("" : : "r"(&x) : "memory");
}

inline double wall_seconds() {
  return std::chrono::duration<double>(
           std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

/// What the machine's clock shows.
inline timestamp wall_now() {
  using namespace std::chrono;
  return {duration_cast<milliseconds>(system_clock::now().time_since_epoch())
            .count()};
}

/// CPU time of the whole process, or of the calling thread.
inline double cpu_seconds(clockid_t whose = CLOCK_PROCESS_CPUTIME_ID) {
  timespec t{};
  clock_gettime(whose, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Times `call` over and over in batches of a few milliseconds.
/// @returns CPU nanoseconds per call, the median batch's: what a busy machine
///          does to the others does not show.
template <class Call>
double ns_per_call(double seconds, Call&& call) {
  auto batch = [&](std::uint64_t n) {
    auto from = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    for (std::uint64_t i = 0; i < n; ++i)
      call();
    return cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - from;
  };
  std::uint64_t n = 1;
  while (batch(n) < 0.004 && n < (std::uint64_t{1} << 32))
    n *= 2;
  std::vector<double> times;
  const auto end = wall_seconds() + seconds;
  do
    times.push_back(batch(n) * 1e9 / static_cast<double>(n));
  while (wall_seconds() < end || times.size() < 3);
  auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

} // namespace hansom::bench
