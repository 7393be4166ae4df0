#pragma once

#include "cluster/mesh/mesh_config.hpp"

#include <filesystem>
#include <string>

namespace hansom::testing {

/// An authority and a node's certificate under it, in a folder that goes with
/// the object.
class certificates {
public:
  certificates();
  ~certificates();
  certificates(const certificates&) = delete;
  certificates& operator=(const certificates&) = delete;

  [[nodiscard]] mesh_tls node() const;

private:
  std::filesystem::path folder_;
};

} // namespace hansom::testing
