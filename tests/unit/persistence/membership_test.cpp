#include "tests/unit/persistence/membership_fixture.hpp"

#include <atomic>

// Who is a member, and what others may say of him.

namespace hansom::store::testing {

namespace {

using namespace std::chrono_literals;

void forget() {
  postgres_server::instance().forget_everything();
}

const node_row* find(const membership_view& view, incarnation who) {
  for (auto& x : view.nodes)
    if (x.self == who)
      return &x;
  return nullptr;
}

} // namespace

TEST_CASE("a node joins, becomes active, and is seen by others") {
  forget();
  member a{"a"}, b{"b"};
  auto request = a.request();
  request.protocol_max = 3;
  request.weight = 50;
  request.config_hash = 0xffff'0000'1111'2222;
  auto joined = a.rows->join(request);
  REQUIRE(joined.what == join_verdict::joined);
  a.self = joined.self;
  auto view = b.rows->read_view();
  CHECK(view.version == joined.version);
  CHECK_FALSE(view.rebalance_paused);
  CHECK(view.shards.size() == shard_count);
  CHECK(view.shards[17].at.shard == 17);
  REQUIRE(view.nodes.size() == 1);
  auto& row = view.nodes[0];
  CHECK(row.self == a.self);
  CHECK(row.status == node_status::joining);
  CHECK(row.address == "127.0.0.1:a");
  CHECK(row.url == "http://127.0.0.1:a");
  CHECK(row.protocol_max == 3);
  CHECK(row.weight == 50);
  CHECK(row.config_hash == 0xffff'0000'1111'2222);
  CHECK(row.app_version == "1.2");
  CHECK(a.rows->activate(a.self));
  CHECK_FALSE(a.rows->activate(a.self)); // Only from joining.
  auto later = b.rows->read_view();
  CHECK(later.version > view.version);
  CHECK(find(later, a.self)->status == node_status::active);
  b.join();
  CHECK(b.self > a.self);
  CHECK(kinds(b.rows->events_after(0, 10))
        == texts{"node.joining node/a", "node.active node/a",
                 "node.joining node/b"});
}

namespace {

/// The node's last heartbeat was so long ago.
void silence(const std::string& name, int ms) {
  postgres_options with;
  with.url = postgres_server::instance().owner_url();
  own_session owner{with};
  owner.db.execute("UPDATE hansom.node SET hb_at = hb_at - "
                   + std::to_string(ms) + " WHERE name = '" + name + "'");
}

} // namespace

TEST_CASE("who does not fit is told why and leaves nothing behind") {
  forget();
  member a{"a"}, b{"b"};
  auto first = a.request();
  first.protocol_min = 2;
  first.protocol_max = 4;
  first.config_hash = 77;
  REQUIRE(a.rows->join(first).what == join_verdict::joined);
  auto before = b.rows->read_view().version;
  auto verdict = [&](auto change) {
    auto x = b.request();
    x.protocol_max = 9;
    x.config_hash = 77;
    change(x);
    auto out = b.rows->join(x);
    CHECK((out.what == join_verdict::joined) == out.detail.empty());
    CHECK((out.what == join_verdict::joined) == (out.self != 0));
    return out.what;
  };
  CHECK(verdict([](auto& x) { x.shards = 128; }) == join_verdict::wrong_shards);
  CHECK(verdict([](auto& x) { x.shard_hash = "crc/1"; })
        == join_verdict::wrong_hash);
  CHECK(verdict([](auto& x) { x.protocol_max = 1; })
        == join_verdict::wrong_protocol);
  CHECK(verdict([](auto& x) { x.protocol_min = 5; })
        == join_verdict::wrong_protocol);
  CHECK(verdict([](auto& x) { x.config_hash = 78; })
        == join_verdict::wrong_config);
  CHECK(verdict([](auto& x) { x.name = "a"; }) == join_verdict::name_taken);
  CHECK(b.rows->read_view().nodes.size() == 1);
  // Nobody has to fit a process that is no more.
  silence(first.name, 61'000);
  CHECK(verdict([](auto& x) { x.config_hash = 78; }) == join_verdict::joined);
  forget();
  REQUIRE(a.rows->join(first).what == join_verdict::joined);
  before = b.rows->read_view().version;
  auto view = b.rows->read_view();
  CHECK(view.version == before);
  CHECK(view.nodes.size() == 1);
  CHECK(verdict([](auto&) {}) == join_verdict::joined);
}

TEST_CASE("a node refuses a database of another schema") {
  forget();
  postgres_options with;
  with.url = postgres_server::instance().make_database("membership_old");
  migrate_postgres(with);
  {
    own_session owner{with};
    owner.db.execute("DELETE FROM hansom.migration WHERE number = 5");
  }
  auto x = make_postgres_membership(with)->join(member{"a"}.request());
  CHECK(x.what == join_verdict::wrong_schema);
  CHECK(x.detail.find("lacks schema migration 5") != std::string::npos);
}

TEST_CASE("a process that starts again at its address is a new incarnation") {
  forget();
  member a{"a"}, b{"b"};
  a.activate();
  b.activate();
  b.claim(0, 3);
  auto old = b.self;
  member again{"b"};
  again.join();
  CHECK(again.self > old);
  CHECK_FALSE(b.rows->heartbeat(old));
  auto view = a.rows->read_view();
  REQUIRE(find(view, old)); // Owns shards still.
  CHECK(find(view, old)->status == node_status::dead);
  REQUIRE(again.rows->activate(again.self));
  CHECK(again.claim(0, 3).size() == 4);
  CHECK_FALSE(find(a.rows->read_view(), old));
}

TEST_CASE("a name is free again when its node has not beaten for long") {
  forget();
  member a{"a"}, b{"b"};
  a.activate();
  auto elsewhere = b.request();
  elsewhere.name = "a";
  REQUIRE(b.rows->join(elsewhere).what == join_verdict::name_taken);
  postgres_server::instance().execute(
    "UPDATE hansom.node SET hb_at = hb_at - 10001 WHERE incarnation = "
    + std::to_string(a.self));
  CHECK(b.rows->join(elsewhere).what == join_verdict::joined);
  CHECK_FALSE(a.rows->heartbeat(a.self));
}

TEST_CASE("a heartbeat counts, tells the view's version, and ends with death") {
  forget();
  member a{"a"}, b{"b"};
  a.activate();
  b.activate();
  auto first = a.rows->heartbeat(a.self);
  auto second = a.rows->heartbeat(a.self);
  REQUIRE(second);
  CHECK(second->hb_seq == first->hb_seq + 1);
  CHECK(second->status == node_status::active);
  CHECK(second->version == first->version); // Beats are no change of the view.
  CHECK(second->version == a.rows->read_view().version);
  CHECK(second->now.ms > 1'700'000'000'000);
  auto other = b.rows->heartbeat(b.self);
  CHECK(other->members
        == std::vector<member_beat>{{a.self, second->hb_seq},
                                    {b.self, other->hb_seq}});
  kill(a, b);
  CHECK_FALSE(a.rows->heartbeat(a.self));
  CHECK_FALSE(a.rows->heartbeat(999'999));
  CHECK(b.rows->heartbeat(b.self)->version > second->version);
}

TEST_CASE("a node's way is draining, back, and left") {
  forget();
  member a{"a"};
  a.activate();
  using enum node_status;
  auto go = [&](node_status from, node_status to) {
    return a.rows->set_status(a.self, from, to, {"operator/7", "upgrade"});
  };
  CHECK(go(active, draining));
  CHECK_FALSE(go(active, draining));
  CHECK(go(draining, active));
  CHECK(go(active, draining));
  CHECK(a.rows->heartbeat(a.self)->status == draining);
  CHECK(go(draining, left));
  CHECK_FALSE(a.rows->heartbeat(a.self));
  CHECK_FALSE(go(draining, dead));
  CHECK_THROWS_AS(go(left, active), unavailable_error);
  auto events = a.rows->last_events(4);
  CHECK(kinds(events)
        == texts{"node.draining node/a", "node.undrained node/a",
                 "node.draining node/a", "node.left node/a"});
  CHECK(events[0].by == "operator/7");
  CHECK(events[0].reason == "upgrade");
  CHECK(events[0].node == a.self);
  CHECK(events[0].at.ms > 1'700'000'000'000);
}

TEST_CASE("of two observers one declares a death, and none of who beats") {
  forget();
  member a{"a"}, b{"b"}, c{"c"};
  a.activate();
  b.activate();
  for (int round = 0; round < 20; ++round) {
    member victim{"v"};
    victim.activate();
    auto seen = victim.rows->heartbeat(victim.self)->hb_seq;
    CHECK_FALSE(
      a.rows->declare_dead(victim.self, seen - 1, {"a", "old"}, a.self));
    CHECK_FALSE(c.rows->declare_dead(victim.self, seen, {"c", "none"}, c.self));
    bool won[2] = {};
    {
      std::jthread first{[&] {
        won[0] = a.rows->declare_dead(victim.self, seen, {"a", "x"}, a.self);
      }};
      std::jthread second{[&] {
        won[1] = b.rows->declare_dead(victim.self, seen, {"b", "x"}, b.self);
      }};
    }
    CHECK(won[0] != won[1]);
  }
  CHECK_FALSE(a.rows->declare_dead(a.self, 0, {"a", "tired"}, a.self));
}

TEST_CASE("hard evidence is counted by reporter, for one heartbeat") {
  forget();
  member a{"a"}, b{"b"}, c{"c"};
  a.activate();
  b.activate();
  c.activate();
  auto version = a.rows->read_view().version;
  CHECK(a.rows->suspect({c.self, a.self, 5, evidence::refused}) == 1);
  CHECK(a.rows->read_view().version > version);
  CHECK(a.rows->suspect({c.self, a.self, 5, evidence::refused}) == 1);
  CHECK(b.rows->suspect({c.self, b.self, 5, evidence::timeout}) == 1);
  CHECK(b.rows->suspect({c.self, b.self, 5, evidence::reset}) == 2);
  CHECK(b.rows->suspect({c.self, b.self, 6, evidence::reset}) == 1);
  CHECK(a.rows->read_view().suspicions
        == std::vector<suspicion>{{c.self, a.self, 5, evidence::refused},
                                  {c.self, b.self, 6, evidence::reset}});
  CHECK(b.rows->suspect({12345, b.self, 1, evidence::refused}) == 0);
  a.rows->trust(c.self, a.self);
  CHECK(a.rows->read_view().suspicions.size() == 1);
  kill(c, a);
  CHECK(a.rows->read_view().suspicions.empty());
}

TEST_CASE("of nodes cut from each other the one with fewest links drains") {
  forget();
  member a{"a"}, b{"b"}, c{"c"}, d{"d"};
  for (auto* x : {&a, &b, &c, &d})
    x->activate();
  a.rows->report_links(a.self, {b.self});
  auto cuts = b.rows->read_view().cuts;
  REQUIRE(cuts.size() == 1);
  CHECK(cuts[0].from == a.self);
  CHECK(cuts[0].to == b.self);
  CHECK_FALSE(b.rows->resolve_link_partition(b.self, 1h));
  // One report is enough, and of equals the younger goes.
  CHECK(b.rows->resolve_link_partition(b.self, 0ms) == b.self);
  CHECK(b.rows->heartbeat(b.self)->status == node_status::draining);
  CHECK_FALSE(a.rows->resolve_link_partition(a.self, 0ms)); // Done with.
  // A cut keeps its age while it is said again.
  auto since = a.rows->read_view().cuts.at(0).since;
  std::this_thread::sleep_for(5ms);
  a.rows->report_links(a.self, {b.self, c.self, d.self});
  for (auto& x : a.rows->read_view().cuts)
    CHECK((x.since == since) == (x.to == b.self));
  CHECK(c.rows->resolve_link_partition(c.self, 0ms) == a.self);
  auto version = a.rows->read_view().version;
  a.rows->report_links(a.self, {d.self, b.self, c.self});
  CHECK(a.rows->read_view().version == version); // The same list.
  a.rows->report_links(a.self, {});
  CHECK(a.rows->read_view().cuts.empty());
  CHECK(kinds(a.rows->last_events(2))
        == texts{"node.draining node/a", "links.healed node/a"});
}

TEST_CASE("who polls events by number misses none") {
  forget();
  constexpr int writers = 4;
  constexpr int each = 50;
  member reader{"r"};
  std::atomic<int> done{0};
  std::vector<std::jthread> all;
  for (int i = 0; i < writers; ++i)
    all.emplace_back([&, i] {
      member x{"w"};
      for (int n = 0; n < each; ++n)
        x.rows->record({0,
                        {},
                        "test",
                        "node/w",
                        std::to_string(i),
                        std::to_string(n),
                        0,
                        0});
      ++done;
    });
  std::vector<int> next(writers);
  std::uint64_t last = 0;
  for (auto over = false; !over;) {
    over = done == writers;
    for (auto& x : reader.rows->events_after(last, 7)) {
      CHECK(x.pos > last);
      last = x.pos;
      CHECK(std::stoi(x.reason)
            == next[static_cast<std::size_t>(std::stoi(x.subject))]++);
      over = false;
    }
  }
  CHECK(next == std::vector<int>(writers, each));
}

TEST_CASE("of what has happened the last hundred thousand are kept") {
  forget();
  member a{"a"};
  auto say = [&] { return a.rows->record({0, {}, "t", "n", "s", "r", 0, 0}); };
  auto first = say();
  // As if as many had come since; rounded up, since so seldom is looked.
  auto then = (first / 1'000 + 101) * 1'000 + 1'000;
  postgres_server::instance().execute(
    "SELECT setval(pg_get_serial_sequence('hansom.cluster_event', 'pos'), "
    + std::to_string(then - 2) + ")");
  CHECK(say() == then - 1);
  CHECK(a.rows->events_after(0, 1).at(0).pos <= first);
  CHECK(say() == then);
  CHECK(a.rows->events_after(0, 1).at(0).pos == then - 1);
}

TEST_CASE("a running node may not write members' rows by hand") {
  forget();
  member a{"a"};
  a.activate();
  postgres_options with;
  with.url = postgres_server::instance().node_url();
  own_session as_node{with};
  for (auto sql :
       {"UPDATE hansom.node SET status = 2", "DELETE FROM hansom.node",
        "UPDATE hansom.cluster_view SET version = 1",
        "DELETE FROM hansom.cluster_event",
        "INSERT INTO hansom.cluster_event(at, version, node, kind, by, "
        "subject, reason) VALUES(1, 1, 1, 'x', 'x', 'x', 'x')",
        "SELECT hansom.note_change('x', 'x', 'x', 'x', 0)"}) {
    CAPTURE(sql);
    try {
      as_node.db.execute(sql);
      FAIL_CHECK("was allowed");
    } catch (const postgres::failure& e) {
      CHECK(e.state() == "42501");
    }
  }
}

} // namespace hansom::store::testing
