#include "cluster/config/settings.hpp"

namespace hansom {

std::vector<std::string> check(const settings& x) {
  std::vector<std::string> problems;
  if (auto problem = check(x.dispatch); !problem.empty())
    problems.push_back("configuration: " + problem);
  // Keys come from files, which are read when a node starts: one of the right
  // kind stands for them here.
  auto gateway = x.gateway;
  gateway.production = x.node.production;
  gateway.keys = {{x.auth.hs256_key_file.empty() ? jwt_algorithm::es256
                                                 : jwt_algorithm::hs256,
                   std::string(32, '-')}};
  if (auto problem = check(gateway); !problem.empty())
    problems.push_back("configuration: " + problem);
  return problems;
}

} // namespace hansom
