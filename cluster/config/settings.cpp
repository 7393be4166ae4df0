#include "cluster/config/settings.hpp"

namespace hansom {

std::vector<std::string> check(const settings& x) {
  std::vector<std::string> problems;
  if (auto problem = check(x.dispatch); !problem.empty())
    problems.push_back("configuration: " + problem);
  if (auto problem = check(x.gateway); !problem.empty())
    problems.push_back("configuration: " + problem);
  return problems;
}

} // namespace hansom
