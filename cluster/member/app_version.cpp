#include "cluster/member/app_version.hpp"

namespace hansom {

const char* app_version() noexcept {
  return HANSOM_VERSION;
}

} // namespace hansom
