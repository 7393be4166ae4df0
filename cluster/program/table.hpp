#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace hansom {

/// Prints aligned columns; numbers (cells that begin with a digit) to the
/// right. The header is printed even without rows, so that a person sees what
/// would be there.
void print_table(std::ostream& out, const std::vector<std::string>& header,
                 const std::vector<std::vector<std::string>>& rows);

} // namespace hansom
