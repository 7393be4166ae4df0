#pragma once

#include "cluster/core/death_watch.hpp"

#include <map>

namespace hansom::core {

/// Our links to the other members, as far as they tell something: a hint that
/// shortens time, never a decision.
class link_watch {
public:
  link_watch(incarnation self, const times& with) : self_{self}, times_{with} {
  }

  /// Links exist to these; a new one counts as cut until the mesh says that it
  /// is up.
  void set_peers(const std::vector<incarnation>& peers, moment now);
  void on(const link_changed& x, moment now, death_watch& watch, effects& out);
  void on(const probed& x, death_watch& watch, effects& out);

  /// Asks again whether anybody listens, tells the store what is cut, and asks
  /// it for a decision when that lasts.
  void advance(moment now, const death_watch& watch, effects& out);

  [[nodiscard]] bool is_up(incarnation peer) const;

private:
  struct link {
    bool up = false;
    bool reset = false;
    moment down_since{0};
    moment next_probe{0};
    bool suspected = false;
  };

  /// Cut, though both sides live: their heartbeats go on.
  [[nodiscard]] std::vector<incarnation>
  cut_off(moment now, const death_watch& watch) const;

  incarnation self_;
  times times_;
  std::map<incarnation, link> links_;
  std::vector<incarnation> reported_;
  moment cut_since_{0};
  moment next_resolve_{0};
};

} // namespace hansom::core
