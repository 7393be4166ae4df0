#pragma once

#include "bench/micro/row.hpp"

namespace hansom::bench {

/// What stands above the columns.
std::string table_head();

/// A row in columns: measure, baseline, hansom, ratio, goal, whether it is
/// met; baseline's name and note on a line below.
std::string table_line(const row& x);

} // namespace hansom::bench
