// What makes `hansom_next` the version after this one: it speaks one more
// version to other nodes, and is newer. These come before the library's own.

#include "cluster/member/app_version.hpp"
#include "cluster/mesh/mesh_versions.hpp"

namespace hansom {

mesh_version_range mesh_versions() noexcept {
  return {1, 2};
}

const char* app_version() noexcept {
  return HANSOM_VERSION ".1";
}

} // namespace hansom
