#pragma once

#include "protocol/ids.hpp"

#include <string>

/// Names as people type them. What is no name is told to stderr.
namespace hansom::verbs {

bool read_actor(const std::string& text, entity_ref& out);
bool read_trip(const std::string& text, trip_id& out);
bool read_cell(const std::string& text, cell_id& out);

} // namespace hansom::verbs
