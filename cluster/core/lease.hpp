#pragma once

#include "cluster/core/messages.hpp"

#include <map>

namespace hansom::core {

/// May this node still show itself? Others may take over from a node whose
/// heartbeats stand still for `times::dead`; it falls silent before that, by
/// its own clock. Protects what is not durable (offers, positions, what
/// consoles show); what is durable is fenced by epochs.
///
/// Where the store is gone for all, nobody can take over: peers who say that
/// their session is broken too extend the lease ("outage"), each from the
/// moment at which it was asked. One that does not say so ends it.
class lease {
public:
  explicit lease(const times& with) : times_{with} {
  }

  /// Who could take over: all other members.
  void set_peers(const std::vector<incarnation>& peers);

  void beaten(moment sent);
  /// A heartbeat has failed: peers have to be asked.
  void missed() noexcept {
    broken_ = true;
  }
  /// The timer had a gap: nothing from before `now` counts.
  void woken(moment now) noexcept {
    valid_from_ = now;
  }
  /// @param asked when the question went out, on our clock.
  /// @param knows whom else it knows: they have to be asked as well.
  void told(incarnation peer, moment asked, bool healthy,
            const std::vector<incarnation>& knows, incarnation self);

  [[nodiscard]] bool holds(moment now) const;
  /// It holds by what peers have said alone: the store is gone.
  [[nodiscard]] bool in_outage(moment now) const;
  /// Last heartbeat failed.
  [[nodiscard]] bool broken() const noexcept {
    return broken_;
  }
  [[nodiscard]] std::vector<incarnation> to_ask() const;

private:
  [[nodiscard]] moment base_of(incarnation peer) const;

  times times_;
  bool broken_ = true;
  bool ever_ = false;
  moment beaten_{0};
  moment valid_from_{0};
  /// When each could not have taken over yet, by its own word.
  std::map<incarnation, std::optional<moment>> peers_;
};

} // namespace hansom::core
