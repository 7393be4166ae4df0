#pragma once

#include "persistence/store.hpp"
#include "protocol/ids.hpp"

#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace hansom {

/// Where a peer's mesh port is.
struct peer_address {
  std::string host; ///< A literal IP address.
  std::uint16_t port = 0;

  friend bool operator==(const peer_address&, const peer_address&) = default;
};

/// Who owns which shard, and where everybody is, as this node knows it: the
/// membership side writes, the router reads, for nanoseconds under a lock.
/// A higher epoch always wins; a lower one changes nothing. Thread-safe.
class shard_map {
public:
  struct owner {
    store::incarnation who = 0; ///< 0: nobody.
    store::epoch epoch = 0;
  };
  struct peer {
    store::incarnation who = 0;
    peer_address where;
  };

  explicit shard_map(store::incarnation self) : self_{self} {
  }

  [[nodiscard]] store::incarnation self() const noexcept {
    return self_;
  }

  [[nodiscard]] owner owner_of(shard_id shard) const;

  /// @returns whether it was news: a higher epoch, or another owner of the same
  ///          epoch.
  bool learn(shard_id shard, owner x);

  /// Replaces the peers; ourselves excepted.
  void set_peers(std::vector<peer> all);
  [[nodiscard]] std::vector<peer> peers() const;
  [[nodiscard]] std::optional<peer_address>
  address_of(store::incarnation who) const;

private:
  struct slot {
    mutable std::mutex mutex;
    owner now;
  };

  const store::incarnation self_;
  std::array<slot, shard_count> owners_;
  mutable std::mutex mutex_; ///< Guards what follows.
  std::map<store::incarnation, peer_address> peers_;
};

} // namespace hansom
