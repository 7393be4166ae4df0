#pragma once

#include "actors/runtime/message_kind.hpp"
#include "protocol/time.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

namespace hansom {

/// Something that should not happen often, to one message of one actor.
struct incident {
  timestamp at;
  entity_ref who;
  message_kind message = 0;
  std::string why;           ///< A reason's name, or words; may be empty.
  std::uint64_t took_us = 0; ///< Of slow handlers.
};

/// How often, of which kind.
struct incident_count {
  entity_kind actor = entity_kind::driver;
  message_kind message = 0;
  std::string reason; ///< Empty where the kind of incident says it all.
  std::uint64_t count = 0;
};

/// Counts all incidents of a sort and remembers the newest. Thread-safe.
class incident_log {
public:
  static constexpr std::size_t remembered_max = 256;

  /// @param reason what to count it by; one of few.
  void note(incident x, std::string_view reason = {});

  struct summary {
    std::uint64_t total = 0;
    std::vector<incident_count> by; ///< Most frequent first.
    std::vector<incident> last;     ///< Newest first.
  };
  [[nodiscard]] summary summarize() const;
  [[nodiscard]] std::uint64_t total() const;

private:
  mutable std::mutex mutex_;
  std::uint64_t total_ = 0;
  std::map<std::tuple<entity_kind, message_kind, std::string>, std::uint64_t>
    counts_;
  std::deque<incident> last_;
};

} // namespace hansom
