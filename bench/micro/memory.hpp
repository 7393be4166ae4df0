#pragma once

#include <sys/types.h>

#include <functional>
#include <vector>

namespace hansom::bench {

/// @returns bytes of a process in RAM that are backed by no file; 0 when the
///          process is gone. @param pid 0: the calling process.
double anonymous_memory(pid_t pid = 0);

/// Runs `what` in a process of its own, forked from this one, so that neither
/// memory nor threads stay behind.
/// @pre the calling process has one thread.
/// @returns its figures. @throws std::runtime_error when it has failed.
std::vector<double> apart(const std::function<std::vector<double>()>& what);

} // namespace hansom::bench
