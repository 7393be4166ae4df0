#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hansom {

struct tar_entry {
  std::string name; ///< "bundle/metrics.txt", at most 99 bytes.
  std::string content;
};

/// A compressed archive (ustar in gzip) of plain files.
/// @param at their time, seconds since 1970.
/// @throws std::runtime_error when a name is too long, or memory is short.
std::string make_tar_gz(const std::vector<tar_entry>& files, long at);

} // namespace hansom
