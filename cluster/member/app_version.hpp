#pragma once

namespace hansom {

/// @returns the program's version as other nodes see it: shards are not moved
/// to
///          older ones. In a file of its own, so that a test's build can be
///          another (tests/cluster/tools/next_build.cpp).
const char* app_version() noexcept;

} // namespace hansom
