#pragma once

#include "persistence/redis/config.hpp"
#include "persistence/redis/link.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hansom::redis {

/// What a session's clients may have missed, where any node can read it: one
/// stream per session, entry `<seq>-<life>`. A session that moves to another
/// node begins a new life there; what the former node still writes is told
/// apart by that and ignored.
///
/// Thread-safe; nothing blocks.
class resume_store {
public:
  /// A connected session that gets no event for so long can no more be resumed
  /// elsewhere; bounds what a lost node leaves behind.
  static constexpr milliseconds kept_connected{3'600'000};

  /// What was found: the frames after the asked number.
  struct found {
    std::vector<std::string> frames;
    std::uint32_t life = 1; ///< Of the newest frame.
  };
  using found_callback = std::function<void(std::optional<found>)>;

  /// @param to must outlive the store.
  resume_store(link& to, const config& with)
    : link_{to}, prefix_{with.prefix + ":resume:"} {
  }

  /// Keeps a frame.
  /// @param key of the session: whoever knows it may read it.
  /// @param oldest number of the oldest frame that is still worth keeping.
  void push(std::string_view key, std::uint64_t seq, std::uint32_t life,
            std::uint64_t oldest, std::string_view frame);

  /// The client is gone: keeps the frames for so long.
  void expire(std::string_view key, milliseconds within);

  /// Looks for all frames after `seq`. `done` gets none unless they are all
  /// there: a gap, an unknown session, a late or missing answer are all the
  /// same to a client, who then needs the full state.
  void fetch(std::string_view key, std::uint64_t seq, milliseconds within,
             found_callback done);

private:
  link& link_;
  std::string prefix_;
};

/// Judges the entries of a session's stream, as XRANGE returns them.
/// @returns the frames after `seq`; none when one of them is missing.
std::optional<resume_store::found> frames_after(const reply& entries,
                                                std::uint64_t seq);

} // namespace hansom::redis
