#include "cluster/config/property.hpp"
#include "cluster/program/exit_codes.hpp"
#include "cluster/program/verbs.hpp"

#include <iostream>

namespace hansom::verbs {

namespace {

int load(const config_sources& from, settings& out) {
  auto errors = load_settings(from, out);
  for (auto& e : errors)
    std::cerr << e << '\n';
  return errors.empty() ? exit_done : exit_usage;
}

} // namespace

int config_show(const config_sources& from) {
  settings x;
  auto code = load(from, x);
  if (code == exit_done)
    std::cout << show_settings(x);
  return code;
}

int config_check(const config_sources& from) {
  settings x;
  auto code = load(from, x);
  if (code == exit_done)
    std::cout << "ok\n";
  return code;
}

int config_explain(const std::string& key) {
  auto* p = find_property(key);
  if (!p) {
    auto near = nearest_key(key);
    std::cerr << "hansom: unknown option " << key
              << (near.empty() ? "" : "; did you mean " + near + "?") << '\n';
    return exit_not_found;
  }
  std::cout << p->key << "\n  " << p->help << "\n  Takes " << p->expected
            << ".\n  Default " << p->show(settings{}) << '\n';
  return exit_done;
}

int help_exit_codes() {
  std::cout << "0    done, or healthy\n"
               "1    failed\n"
               "2    wrong usage\n"
               "3    no such thing\n"
               "4    refused, nothing changed\n"
               "5    timed out, still running\n"
               "6    no node answered\n"
               "7    partly done\n"
               "130  interrupted, still running\n";
  return exit_done;
}

} // namespace hansom::verbs
