#include "cluster/mesh/mesh_versions.hpp"

namespace hansom {

mesh_version_range mesh_versions() noexcept {
  return {1, 1};
}

} // namespace hansom
