#pragma once

#include <string>
#include <utility>
#include <vector>

namespace hansom {

/// One of PostgreSQL's programs, as it is to be run.
struct tool_call {
  /// The program and its arguments: for all to read, so no passwords.
  std::vector<std::string> words;
  /// ("PGHOST", "..."): other users cannot read it.
  std::vector<std::pair<std::string, std::string>> environment;
  /// As root, become this user first; empty: stay who we are.
  std::string user;
};

/// Runs it and waits; what it prints goes where ours goes.
/// @returns whether it ended well. When there is no such program, says which
///          package has it.
/// @throws std::runtime_error when no process can be made.
bool run_tool(const tool_call& what);

} // namespace hansom
