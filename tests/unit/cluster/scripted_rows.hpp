#pragma once

#include "persistence/membership.hpp"

#include <memory>
#include <string>
#include <vector>

namespace hansom::testing {

/// Membership rows without a server, whose second steps of orders fail.
class scripted_rows : public store::membership {
public:
  struct world {
    store::membership_view view;
    std::vector<std::string> done;
    int pins_before_failure = 1000;
    shard_id unpinned_by_others = shard_count - 1;
  };
  explicit scripted_rows(std::shared_ptr<world> x) : x_{std::move(x)} {
  }

  store::membership_view read_view() override {
    return x_->view;
  }
  bool set_status(store::incarnation, store::node_status, store::node_status to,
                  const store::change_note&) override {
    x_->done.push_back("status " + to_string(to));
    return true;
  }
  std::size_t terminate_backends(store::incarnation) override {
    throw store::unavailable_error{"gone"};
  }
  bool pin(shard_id shard, const std::string&,
           const store::change_note&) override {
    if (x_->pins_before_failure-- == 0)
      throw store::unavailable_error{"gone"};
    x_->done.push_back("unpin " + std::to_string(shard));
    return shard != x_->unpinned_by_others;
  }
  std::uint64_t record(const store::cluster_event& x) override {
    x_->done.push_back(x.kind);
    return 1;
  }

  // What no order of these tests does, or what somebody else was quicker with.
  store::join_result join(const store::join_request&) override {
    return {};
  }
  bool activate(store::incarnation) override {
    return false;
  }
  std::optional<store::beat> heartbeat(store::incarnation) override {
    return {};
  }
  std::size_t suspect(const store::suspicion&) override {
    return 0;
  }
  void trust(store::incarnation, store::incarnation) override {
  }
  void report_links(store::incarnation,
                    const std::vector<store::incarnation>&) override {
  }
  std::optional<store::incarnation>
  resolve_link_partition(store::incarnation, milliseconds) override {
    return {};
  }
  bool declare_dead(store::incarnation, std::uint64_t,
                    const store::change_note&, store::incarnation) override {
    return false;
  }
  std::vector<store::shard_row>
  claim_shards(store::incarnation,
               const std::vector<store::shard_row>&) override {
    return {};
  }
  store::transfer_outcome transfer_shard(const store::shard_row&,
                                         store::incarnation) override {
    return {};
  }
  std::size_t release_shards(const std::vector<store::shard_row>&) override {
    return 0;
  }
  bool pause_rebalance(bool, const store::change_note&) override {
    return false;
  }
  std::vector<store::cluster_event> events_after(std::uint64_t,
                                                 std::size_t) override {
    return {};
  }
  std::vector<store::cluster_event> last_events(std::size_t) override {
    return {};
  }

private:
  std::shared_ptr<world> x_;
};

} // namespace hansom::testing
