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
  for (auto* part : {&x.redis.prefix, &x.redis.city})
    if (part->empty() || part->find_first_of(" :*?[]\n") != std::string::npos)
      problems.push_back("configuration: redis.prefix and redis.city are parts "
                         "of keys: letters, "
                         "digits, - and _ are expected, found \""
                         + *part + '"');
  return problems;
}

} // namespace hansom
