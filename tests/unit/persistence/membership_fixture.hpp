#pragma once

#include "persistence/membership.hpp"
#include "persistence/postgres/session.hpp"
#include "tests/unit/persistence/store_fixture.hpp"

#include <thread>

namespace hansom::store::testing {

/// A member of the cluster, with a connection for membership and, when asked
/// for, one for writes.
struct member {
  std::string name;
  std::unique_ptr<membership> rows;
  incarnation self = 0;
  std::unique_ptr<factory> from;
  std::unique_ptr<connection> writes;

  explicit member(std::string x) : name{std::move(x)} {
    postgres_options with;
    with.url = postgres_server::instance().node_url();
    rows = make_postgres_membership(with);
  }

  [[nodiscard]] join_request request() const {
    join_request out;
    out.name = name;
    out.address = "127.0.0.1:" + name;
    out.url = "http://127.0.0.1:" + name;
    out.app_version = "1.2";
    return out;
  }

  member& join() {
    auto x = rows->join(request());
    REQUIRE(x.what == join_verdict::joined);
    self = x.self;
    return *this;
  }
  member& activate() {
    join();
    REQUIRE(rows->activate(self));
    return *this;
  }

  connection& writer() {
    if (!writes) {
      postgres_options with;
      with.url = postgres_server::instance().node_url();
      with.self = self;
      from = make_postgres(with);
      writes = from->open();
    }
    return *writes;
  }

  /// Claims these as nobody's, or a dead one's, as the view shows them.
  std::vector<shard_row> claim(shard_id first, shard_id last) const {
    std::vector<shard_row> seen;
    for (auto& x : rows->read_view().shards)
      if (x.at.shard >= first && x.at.shard <= last)
        seen.push_back(x.at);
    return rows->claim_shards(self, seen);
  }
  [[nodiscard]] shard_row shard(shard_id x) const {
    return rows->read_view().shards.at(x).at;
  }
};

/// A session of the test's own.
struct own_session {
  explicit own_session(const postgres_options& with) : db{with, dog} {
  }
  postgres::watchdog dog;
  postgres::session db;
};

inline std::vector<std::string>
kinds(const std::vector<cluster_event>& events) {
  std::vector<std::string> out;
  out.reserve(events.size());
  for (auto& x : events)
    out.push_back(x.kind + " " + x.subject);
  return out;
}

using texts = std::vector<std::string>;

inline void kill(member& victim, const member& by) {
  auto x = victim.rows->heartbeat(victim.self);
  REQUIRE(x);
  REQUIRE(by.rows->declare_dead(victim.self, x->hb_seq,
                                {"node/" + by.name, "silent"}, by.self));
}

} // namespace hansom::store::testing
