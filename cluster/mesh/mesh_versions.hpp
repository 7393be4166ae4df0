#pragma once

#include <cstdint>

namespace hansom {

/// Versions of what nodes say to each other.
struct mesh_version_range {
  std::uint16_t min = 1;
  std::uint16_t max = 1;
};

/// @returns what this build speaks. In a file of its own, so that a test's
/// build
///          can speak otherwise (tests/cluster/tools/next_build.cpp).
mesh_version_range mesh_versions() noexcept;

} // namespace hansom
