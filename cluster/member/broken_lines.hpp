#pragma once

#include "cluster/core/times.hpp"
#include "persistence/store.hpp"
#include "protocol/shard_set.hpp"

#include <functional>
#include <map>
#include <vector>

namespace hansom {

/// A link that breaks takes words for clients with it, and nobody knows which:
/// between entities all is said again, to clients it is said once. So whoever
/// may have missed something is told anew where it stands. No clock, no I/O;
/// for one thread.
class broken_lines {
public:
  /// The link to `peer` has come or gone.
  void changed(store::incarnation peer, core::moment now);

  /// @param later the other side may break off so much later than we do, and
  ///        lose more until then.
  /// @returns peers whose words may have been lost: each once after a change,
  ///          and once more `later`.
  [[nodiscard]] std::vector<store::incarnation> due(core::moment now,
                                                    milliseconds later);

private:
  struct times {
    core::moment next{0};
    bool is_last = false;
  };

  std::map<store::incarnation, times> peers_;
};

/// @param owner_of the owner of a shard, or 0; `is_up` whether there is a link.
/// @returns shards whose entities' words came over the link to `peer`, or are
///          passed on by third nodes since there is no link to their owner.
[[nodiscard]] shard_set
shards_heard_over(store::incarnation peer, store::incarnation self,
                  const std::function<store::incarnation(shard_id)>& owner_of,
                  const std::function<bool(store::incarnation)>& is_up);

} // namespace hansom
