#pragma once

#include "cluster/core/messages.hpp"

#include <map>

namespace hansom::core {

/// Judges others by their heartbeats, on our clock, and only as long as we see
/// the store well ourselves: our last two heartbeats went through, and time
/// counts from the first of them.
class death_watch {
public:
  explicit death_watch(const times& with) : times_{with} {
  }

  /// Our heartbeat went through and brought those of all members.
  /// @param now when we learned of it.
  void beaten(moment now, const std::vector<store::member_beat>& members);
  /// Our heartbeat failed: all timers start again after the next one.
  void missed();

  /// The machine of `peer` refuses connections, after its link was reset: hard
  /// evidence, or (`false`) not any more.
  void set_hard(incarnation peer, bool hard);
  /// How many members report hard evidence, ourselves included.
  void set_reporters(incarnation peer, std::size_t count);

  struct verdict {
    incarnation target = 0;
    std::uint64_t hb_seq = 0;
    std::string reason;
  };
  /// @param owners how many members there are, ourselves included.
  /// @returns those who may be declared dead now.
  [[nodiscard]] std::vector<verdict> judge(moment now, incarnation self,
                                           std::size_t owners) const;

  /// @returns whether its heartbeats stand still, or were never seen.
  [[nodiscard]] bool is_silent(incarnation who, moment now,
                               milliseconds for_long) const;
  /// @returns its last heartbeat that we saw; none: it is no member.
  [[nodiscard]] std::optional<std::uint64_t> beat_of(incarnation who) const;
  [[nodiscard]] bool healthy() const noexcept {
    return good_in_a_row_ >= 2;
  }

private:
  struct watched {
    std::uint64_t hb_seq = 0;
    moment since{0}; ///< Seen standing still from here on.
    bool hard = false;
    std::size_t reporters = 0;
  };

  times times_;
  int good_in_a_row_ = 0;
  std::map<incarnation, watched> members_;
};

} // namespace hansom::core
