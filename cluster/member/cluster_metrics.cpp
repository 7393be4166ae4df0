#include "cluster/member/cluster_metrics.hpp"

#include "gateway/metrics/metric_families.hpp"

#include <algorithm>

namespace hansom {

namespace {

using metric::add;
using metric::counters;
using metric::families;
using metric::gauges;
using metric::histograms;
using metric::microseconds_unit;

/// What all links of a node did, together: incarnations grow without end, so
/// none of them is a label.
struct link_sums {
  std::size_t up = 0, down = 0;
  std::uint64_t frames_out = 0, frames_in = 0;
  std::uint64_t messages_out = 0, messages_in = 0;
  std::uint64_t bytes_out = 0, bytes_in = 0;
  std::size_t in_flight = 0, waiting = 0;
  std::uint64_t conflated = 0, full = 0, expired = 0, lost = 0, malformed = 0;
  std::int64_t round_trip_us = 0;

  explicit link_sums(const std::vector<peer_report>& all) {
    for (auto& x : all) {
      ++(x.up ? up : down);
      frames_out += x.frames_out;
      frames_in += x.frames_in;
      messages_out += x.messages_out;
      messages_in += x.messages_in;
      bytes_out += x.bytes_out;
      bytes_in += x.bytes_in;
      in_flight += x.in_flight;
      waiting += x.waiting;
      conflated += x.conflated;
      full += x.refused_full;
      expired += x.expired;
      lost += x.lost;
      malformed += x.malformed;
      round_trip_us = std::max(round_trip_us, x.round_trip_us);
    }
  }
};

template <class Number>
double number(Number x) {
  return static_cast<double>(x);
}

class cluster_collector final : public prometheus::Collectable {
public:
  cluster_collector(const runtime& actors, const cluster_side* part)
    : actors_{actors}, part_{part} {
  }

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
    families out;
    add_member(out);
    add_shards(out);
    const link_sums sums{part_ ? part_->peers() : std::vector<peer_report>{}};
    add_links(out, sums);
    add_mail(out, sums);
    return out;
  }

private:
  void add_member(families& out) const {
    auto now = part_ ? part_->member().now() : alone();
    auto& status = gauges(out, "hansom_cluster_status",
                          "1 for what this node is to the others.");
    for (auto x : {store::node_status::alone, store::node_status::joining,
                   store::node_status::active, store::node_status::draining,
                   store::node_status::left, store::node_status::dead})
      add(status, now.status == x ? 1.0 : 0.0, {{"status", to_string(x)}});
    add(gauges(out, "hansom_cluster_suspended",
               "Whether this node keeps silent: it does not know whether it "
               "has been replaced."),
        now.suspended ? 1.0 : 0.0);
    add(counters(out, "hansom_cluster_suspensions_total",
                 "Times that this node began to keep silent."),
        number(now.suspensions));
    add(gauges(out, "hansom_cluster_store_outage",
               "Whether no node reaches the store, so that all keep what they "
               "have."),
        now.in_outage ? 1.0 : 0.0);
    add(counters(out, "hansom_cluster_deaths_total",
                 "Nodes that this node has declared dead."),
        number(now.declared));
  }

  static member_host::report alone() {
    member_host::report out;
    out.status = store::node_status::alone;
    out.suspended = false;
    return out;
  }

  void add_shards(families& out) const {
    std::array<std::size_t, 5> phases{};
    for (shard_id s = 0; s < shard_count; ++s)
      ++phases.at(static_cast<std::size_t>(actors_.phase_of(s)));
    auto& shards =
      gauges(out, "hansom_cluster_shards", "Shards of this node, by phase.");
    for (std::size_t i = 1; i < phases.size(); ++i) // Not the others'.
      add(shards, number(phases.at(i)),
          {{"phase", to_string(static_cast<shard_phase>(i))}});
    add(gauges(out, "hansom_cluster_held_messages",
               "Messages that wait for a shard of this node to open or go."),
        number(actors_.gates().held()));
    static const move_figures none;
    auto& moves = part_ ? part_->member().moves() : none;
    auto& handoffs = counters(out, "hansom_cluster_handoffs_total",
                              "Shards moved while both nodes live.");
    add(handoffs, moves.out, {{"direction", "out"}});
    add(handoffs, moves.in, {{"direction", "in"}});
    add(histograms(out, "hansom_cluster_handoff_seconds",
                   "From a shard's seal until it is with its new owner."),
        moves.sealed_us, microseconds_unit);
    add(histograms(out, "hansom_cluster_open_seconds",
                   "Reading a shard until it is open here."),
        moves.open_us, microseconds_unit);
  }

  static void add_links(families& out, const link_sums& x) {
    auto& peers =
      gauges(out, "hansom_mesh_peers", "Other nodes, by the link to them.");
    add(peers, number(x.up), {{"link", "up"}});
    add(peers, number(x.down), {{"link", "down"}});
    auto both = [&](const char* name, const char* help, std::uint64_t sent,
                    std::uint64_t received) {
      auto& to = counters(out, name, help);
      add(to, number(sent), {{"direction", "out"}});
      add(to, number(received), {{"direction", "in"}});
    };
    both("hansom_mesh_frames_total", "Frames between nodes.", x.frames_out,
         x.frames_in);
    both("hansom_mesh_messages_total", "Messages in them.", x.messages_out,
         x.messages_in);
    both("hansom_mesh_bytes_total", "And their size.", x.bytes_out, x.bytes_in);
    add(gauges(out, "hansom_mesh_in_flight_bytes",
               "Sent to other nodes and not handled there yet."),
        number(x.in_flight));
    add(gauges(out, "hansom_mesh_round_trip_seconds",
               "To the furthest node and back, by the last ping."),
        number(x.round_trip_us) / 1e6);
  }

  void add_mail(families& out, const link_sums& x) const {
    static const mesh_router::counters none;
    auto& mail = part_ ? part_->mail() : none;
    add(gauges(out, "hansom_mesh_waiting_bytes",
               "Waiting for a slow node, or for a shard's owner."),
        number(x.waiting + (part_ ? part_->waiting_bytes() : 0)));
    add(counters(out, "hansom_mesh_conflated_total",
                 "Positions overtaken by later ones while they waited."),
        number(x.conflated + mail.conflated.load()));
    auto& nacks =
      counters(out, "hansom_mesh_nacks_total", "Messages that came back.");
    for (std::size_t i = 0; i < mesh_nack_count; ++i)
      add(nacks, mail.nacked.at(i),
          {{"reason", to_string(static_cast<mesh_nack>(i))}});
    auto& ways = counters(out, "hansom_mesh_mail_total",
                          "Messages for other nodes, by what became of them.");
    add(ways, mail.routed, {{"what", "routed"}});
    add(ways, mail.relayed, {{"what", "relayed"}});
    add(ways, mail.held, {{"what", "held"}});
    add(ways, mail.expired, {{"what", "expired"}});
    add(ways, number(mail.full.load() + x.full), {{"what", "full"}});
    add(ways, mail.stale, {{"what", "stale"}});
    add(ways, number(x.lost), {{"what", "lost"}});
    auto& refused = counters(out, "hansom_mesh_refused_total",
                             "Peers and frames that were turned away.");
    add(refused, number(x.malformed), {{"what", "frame"}});
    add(refused, number(part_ ? part_->turned_away() : 0),
        {{"what", "greeting"}});
  }

  const runtime& actors_;
  const cluster_side* part_;
};

} // namespace

std::shared_ptr<prometheus::Collectable>
make_cluster_collector(const runtime& actors, const cluster_side* part) {
  return std::make_shared<cluster_collector>(actors, part);
}

} // namespace hansom
