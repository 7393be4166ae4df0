#include "cluster/program/table.hpp"

#include <algorithm>
#include <ostream>

namespace hansom {

void print_table(std::ostream& out, const std::vector<std::string>& header,
                 const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> width;
  width.reserve(header.size());
  for (auto& h : header)
    width.push_back(h.size());
  for (auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i)
      width[i] = std::max(width[i], row[i].size());
  auto line = [&](const std::vector<std::string>& cells, bool align_right) {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      std::string pad(width[i] - cells[i].size(), ' ');
      auto right = align_right && !cells[i].empty() && cells[i][0] >= '0'
                   && cells[i][0] <= '9';
      text += right ? pad + cells[i] : cells[i] + pad;
      text += i + 1 < cells.size() ? "  " : "";
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out << text << '\n';
  };
  line(header, false);
  for (auto& row : rows)
    line(row, true);
}

} // namespace hansom
