#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hansom::tests {

/// One broken rule, ready to print as `file:line: what is wrong`.
struct finding {
  std::string file; ///< Relative to the top of the house.
  std::size_t line = 0;
  std::string message;
};

std::string to_string(const finding& x);

/// Judges one source file by its path ("actors/cell/surge.cpp") and its text:
/// who it includes, and what it leaves behind. Pure, so that a test can plant
/// a violation without touching the tree.
std::vector<finding> judge_source(std::string_view path, std::string_view text);

/// Judges every HANSOM_RECORD of one file: no floating point in its fields.
std::vector<finding> judge_records(std::string_view path,
                                   std::string_view text);

/// Judges all sources and rooms below `top`.
std::vector<finding> judge_house(const std::filesystem::path& top);

/// The source files of the house, relative to `top`, sorted.
std::vector<std::filesystem::path>
list_sources(const std::filesystem::path& top);

} // namespace hansom::tests
