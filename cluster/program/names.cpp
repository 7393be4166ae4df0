#include "cluster/program/names.hpp"

#include <iostream>

namespace hansom::verbs {

bool read_actor(const std::string& text, entity_ref& out) {
  if (parse_entity(text, out))
    return true;
  std::cerr << "hansom: \"" << text
            << "\" names no actor; write KIND/ID, such as driver/42 or "
               "trip/00a1b2c3d4e5f607\n";
  return false;
}

bool read_trip(const std::string& text, trip_id& out) {
  if (parse_id(text, out))
    return true;
  std::cerr << "hansom: \"" << text
            << "\" is no trip id: 16 hexadecimal digits\n"
               "  Those in memory:  hansom trip ls\n";
  return false;
}

bool read_cell(const std::string& text, cell_id& out) {
  if (parse_id(text, out))
    return true;
  std::cerr << "hansom: \"" << text
            << "\" is no S2 cell token, such as 89c259\n";
  return false;
}

} // namespace hansom::verbs
