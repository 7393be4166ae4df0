#pragma once

#include "cluster/core/messages.hpp"
#include "cluster/core/placement.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace hansom::tests {

using store::incarnation;
using store::node_status;

/// The store that all nodes of a simulated cluster share: exact compare and
/// swap, exact fence. What it was asked to do wrong, it counts.
class model_store {
public:
  model_store(std::size_t shards, bool fenced) : fenced_{fenced} {
    for (std::size_t i = 0; i < shards; ++i)
      shards_.push_back({{static_cast<shard_id>(i), 0, 0}, {}});
  }

  incarnation join(const std::string& name, const std::string& address,
                   const std::string& version);
  bool activate(incarnation self);
  std::optional<store::beat> heartbeat(incarnation self);
  [[nodiscard]] store::membership_view read_view() const;
  std::size_t suspect(const store::suspicion& x);
  void trust(incarnation target, incarnation reporter);
  void report_links(incarnation self, const std::vector<incarnation>& to,
                    milliseconds now);
  void resolve(milliseconds now, milliseconds after);
  bool declare_dead(incarnation target, std::uint64_t hb_seq, incarnation by);
  std::vector<store::shard_row> claim(incarnation self,
                                      const std::vector<store::shard_row>&);
  store::transfer_outcome transfer(const store::shard_row& ours,
                                   incarnation to);
  bool release(const store::shard_row& ours);
  bool set_status(incarnation who, node_status from, node_status to);
  bool pin(shard_id shard, const std::string& name);

  /// A durable command. @returns `false`: that epoch is not the shard's.
  bool write(std::uint64_t command, shard_id shard, store::epoch epoch);

  struct written {
    std::uint64_t command;
    shard_id shard;
    store::epoch epoch;
  };
  std::vector<written> log;
  std::set<std::uint64_t> commands;
  std::vector<store::shard_row> history;
  std::uint64_t stale_accepted = 0;
  bool up = true;

  [[nodiscard]] const store::shard_row& shard(shard_id x) const {
    return shards_.at(x).at;
  }
  [[nodiscard]] node_status status_of(incarnation x) const {
    return nodes_.at(x).status;
  }

private:
  void own(store::placed_shard& x, incarnation who);

  bool fenced_;
  std::uint64_t version_ = 1;
  incarnation last_ = 0;
  std::map<incarnation, store::node_row> nodes_;
  std::vector<store::placed_shard> shards_;
  std::map<std::pair<incarnation, incarnation>, store::suspicion> suspicions_;
  std::map<std::pair<incarnation, incarnation>, milliseconds> cuts_;
};

} // namespace hansom::tests
