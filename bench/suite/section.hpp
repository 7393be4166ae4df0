#pragma once

#include "bench/micro/row.hpp"

#include <functional>
#include <string>

namespace hansom::bench {

/// A part of the suite that runs in a process of its own: neither memory nor
/// threads nor a crash of it touch the others.
struct section {
  std::string name;
  double seconds_max = 60; ///< Then it is ended, with all that it started.
  std::function<void(const report&)> measure;
};

/// Runs it; `to` hears rows as they come. Ended together with this process.
/// @pre the calling process has one thread.
/// @returns an empty text, or why rows are missing.
std::string run(const section& what, const report& to);

} // namespace hansom::bench
