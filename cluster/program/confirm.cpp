#include "cluster/program/confirm.hpp"

#include <unistd.h>

#include <iostream>

namespace hansom::verbs {

bool confirmed(const std::string& name, const std::string& why,
               const std::string& instead) {
  constexpr const char* nothing = "not confirmed, nothing was changed";
  if (::isatty(STDIN_FILENO) == 0) {
    std::cerr << "hansom: " << nothing << "\n  " << why
              << ".\n  There is nobody to ask; to do it anyway:  " << instead
              << '\n';
    return false;
  }
  std::cerr << why << ".\nType " << name << " to go on: " << std::flush;
  std::string typed;
  std::getline(std::cin, typed);
  if (typed == name)
    return true;
  std::cerr << "hansom: " << nothing << '\n';
  return false;
}

} // namespace hansom::verbs
