#include "tests/unit/cluster/admin_fixture.hpp"

#include <nlohmann/json.hpp>

namespace hansom::testing {

nlohmann::json admin_fixture::list(std::string path) {
  auto x = get(std::move(path));
  CHECK_MESSAGE(x.status == 200, x.body);
  return nlohmann::json::parse(x.body);
}

} // namespace hansom::testing
