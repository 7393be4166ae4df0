#pragma once

#include "bench/fleet/load/load.hpp"
#include "bench/micro/timing.hpp"
#include "bench/suite/server.hpp"

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <stdexcept>
#include <thread>

namespace hansom::bench {

/// What a server did in a span of steady load.
struct pace {
  double seconds = 0;
  double per_s = 0;
  double cpu_us = 0;   ///< Of the server, per item.
  double cpu_load = 0; ///< Cores that it used.
  fleet::load_result load;
};

/// Runs a load in a thread, and looks at the server while it is under it.
/// @param count items done so far, as the server counts them.
/// @param wait passes the span; it may record a profile.
inline pace
under_load(const server& whom,
           const std::function<fleet::load_result(std::atomic<bool>&)>& load,
           const std::function<double()>& count,
           const std::function<void()>& wait) {
  std::atomic<bool> stop{false}, ended{false};
  std::exception_ptr failure;
  pace out;
  std::thread side{[&] {
    try {
      out.load = load(stop);
    } catch (...) {
      failure = std::current_exception();
    }
    ended = true;
  }};
  const auto before = count();
  while (!ended && count() <= before) // They are still connecting.
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  std::this_thread::sleep_for(std::chrono::seconds{1});
  const auto from = wall_seconds(), cpu = whom.cpu_seconds(), n = count();
  if (!ended)
    wait();
  const auto done = count() - n;
  out.seconds = wall_seconds() - from;
  const auto used = whom.cpu_seconds() - cpu;
  side.join();
  if (failure)
    std::rethrow_exception(failure);
  if (done <= 0)
    throw std::runtime_error{"the server did nothing under load"};
  out.per_s = done / out.seconds;
  out.cpu_us = 1e6 * used / done;
  out.cpu_load = used / out.seconds;
  return out;
}

} // namespace hansom::bench
