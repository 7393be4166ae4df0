#pragma once

#include "cluster/check/findings.hpp"
#include "persistence/store.hpp"

#include <iosfwd>
#include <map>
#include <string>
#include <utility>

namespace hansom {

/// Holds what a consumer has heard (`hansom stream tail --json`) against the
/// journal: I14, each event delivered at least once, none invented.
class stream_judge {
public:
  /// Reads the history. @throws std::runtime_error naming the line that is
  /// none.
  stream_judge(findings& to, const std::string& path);

  /// What was heard of events that are gone cannot be judged.
  void trim(const store::trim_row& x);
  void journal(const store::journal_row& x);
  /// When the journal has been seen.
  void end();

private:
  struct heard_event {
    std::string what; ///< All that was said of it, in one form.
    std::uint64_t times = 0;
    bool in_journal = false;
  };

  findings& to_;
  std::map<std::pair<shard_id, std::uint64_t>, heard_event> heard_;
};

} // namespace hansom
