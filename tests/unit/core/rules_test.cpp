#include "cluster/core/lease.hpp"
#include "cluster/core/link_watch.hpp"
#include "cluster/core/member.hpp"
#include "cluster/core/placement.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

using namespace hansom;
using namespace hansom::core;
using namespace std::chrono_literals;

namespace {

const times defaults;

node_row node(incarnation self, const std::string& name,
              const std::string& version = "1.0.0",
              node_status status = node_status::active) {
  node_row x;
  x.self = self;
  x.name = name;
  x.app_version = version;
  x.status = status;
  x.weight = 1;
  return x;
}

membership_view view_of(std::vector<node_row> nodes) {
  membership_view x;
  x.nodes = std::move(nodes);
  for (shard_id s = 0; s < shard_count; ++s)
    x.shards.push_back({{s, 0, 0}, {}});
  return x;
}

std::map<incarnation, int> shares(const membership_view& x) {
  std::map<incarnation, int> result;
  for (auto who : desired_owners(x))
    ++result[who];
  return result;
}

} // namespace

TEST_CASE("times that are not safe together are refused with the reason") {
  CHECK(find_defect(defaults) == "");
  CHECK(find_defect(defaults.scaled(3)) == "");
  auto x = defaults;
  x.self = 2950ms;
  CHECK(find_defect(x)
        == "a node must suspend itself (2950 ms) well before others may take "
           "over (3000 ms)");
  x = defaults;
  x.heartbeat = 1s;
  CHECK(find_defect(x) != "");
  x = defaults;
  x.fast = 100ms;
  CHECK(find_defect(x) != "");
  x = defaults;
  x.wake = 5s;
  CHECK(find_defect(x) != "");
}

TEST_CASE("versions are compared by their numbers") {
  CHECK(compare_versions("0.9.1", "0.10.0") < 0);
  CHECK(compare_versions("1.2", "1.2.0") == 0);
  CHECK(compare_versions("2.0.0-rc1", "2.0.0") == 0);
  CHECK(compare_versions("", "0.1") < 0);
}

TEST_CASE("each node gets its share, and a newcomer moves no other's") {
  auto three = view_of({node(1, "a"), node(2, "b"), node(3, "c")});
  for (auto& [who, n] : shares(three)) {
    CHECK(n > 60);
    CHECK(n < 115);
  }
  auto four = view_of({node(1, "a"), node(2, "b"), node(3, "c"), node(4, "d")});
  auto before = desired_owners(three);
  auto after = desired_owners(four);
  for (std::size_t s = 0; s < shard_count; ++s)
    CHECK((after[s] == before[s] || after[s] == 4));
}

TEST_CASE("a restarted node gets back what it had") {
  auto before = desired_owners(view_of({node(1, "a"), node(2, "b")}));
  auto after = desired_owners(view_of({node(7, "a"), node(2, "b")}));
  for (std::size_t s = 0; s < shard_count; ++s)
    CHECK(after[s] == (before[s] == 1 ? 7 : 2));
}

TEST_CASE("weights share out; a node without weight or in drain gets nothing") {
  auto x = view_of({node(1, "a"), node(2, "b"), node(3, "c")});
  x.nodes[0].weight = 3;
  CHECK(shares(x)[1] > 120);
  CHECK(shares(x)[1] < 185);
  x.nodes[1].weight = 0;
  CHECK(shares(x)[2] == 0);
  x.nodes[2].status = node_status::draining;
  CHECK(shares(x)[1] == 256);
  x.nodes[0].status = node_status::draining;
  CHECK(shares(x)[0] == 256); // Nobody can be.
}

TEST_CASE("a pin goes before the hash, if its node is there") {
  auto x = view_of({node(1, "a"), node(2, "b")});
  for (auto& s : x.shards)
    s.pin = "b";
  CHECK(shares(x)[2] == 256);
  x.nodes[1].status = node_status::draining;
  CHECK(shares(x)[1] == 256);
}

TEST_CASE("nothing moves to an older version while there is another choice") {
  auto x = view_of({node(1, "a", "1.0.0"), node(2, "b", "1.1.0")});
  for (auto& s : x.shards)
    s.at.owner = 2;
  CHECK(shares(x)[2] == 256);
  for (auto& s : x.shards)
    s.pin = "a";
  CHECK(shares(x)[2] == 256);
  for (auto& s : x.shards)
    s.at.owner = 1;
  CHECK(shares(x)[1] == 256); // Pinned; to a newer one it might go.
  // The last of the newer ones drains: a rollback.
  for (auto& s : x.shards)
    s = {{s.at.shard, 1, 2}, {}};
  x.nodes[1].status = node_status::draining;
  CHECK(shares(x)[1] == 256);
}

TEST_CASE("a node falls silent before anybody may take over") {
  lease x{defaults};
  CHECK_FALSE(x.holds(0ms));
  x.set_peers({2});
  x.beaten(1000ms);
  CHECK(x.holds(2999ms));
  CHECK_FALSE(x.holds(3000ms));
}

TEST_CASE("after a gap of the timer only what came later counts") {
  lease x{defaults};
  x.set_peers({2});
  x.beaten(1000ms);
  x.woken(1500ms);
  CHECK_FALSE(x.holds(1600ms));
  x.beaten(1700ms);
  CHECK(x.holds(1800ms));
}

TEST_CASE("in an outage of the store peers extend the lease, all or none") {
  lease x{defaults};
  x.set_peers({2, 3});
  x.beaten(1000ms);
  x.told(2, 1500ms, false, {}, 1); // Nothing is broken here: not asked.
  x.missed();
  CHECK(x.to_ask() == std::vector<incarnation>{2, 3});
  x.told(2, 2500ms, false, {1, 3}, 1);
  CHECK_FALSE(x.holds(3000ms)); // 3 has said nothing.
  x.told(3, 2600ms, false, {1, 2}, 1);
  CHECK(x.holds(4499ms));
  CHECK(x.in_outage(4000ms));
  CHECK_FALSE(x.holds(4500ms));
  x.told(2, 4400ms, true, {}, 1); // It sees the store: it may take over.
  x.told(3, 4400ms, false, {}, 1);
  CHECK_FALSE(x.holds(4600ms));
  // What comes after a gap in the chain proves nothing.
  x.told(2, 9000ms, false, {}, 1);
  x.told(3, 9000ms, false, {}, 1);
  CHECK_FALSE(x.holds(9001ms));
  x.beaten(9500ms);
  CHECK(x.holds(9600ms));
}

TEST_CASE("whom a peer knows has to be asked as well") {
  lease x{defaults};
  x.set_peers({2});
  x.beaten(1000ms);
  x.missed();
  x.told(2, 2500ms, false, {1, 9}, 1);
  CHECK_FALSE(x.holds(3100ms));
  x.told(9, 2600ms, false, {1, 2}, 1);
  CHECK(x.holds(3100ms));
}

TEST_CASE("who has taken shards over says so, and nobody else does") {
  member::setup setup;
  setup.self = 1;
  member m{setup, 0ms};
  auto told = [&](const input& x) {
    std::set<incarnation> out;
    for (auto& e : m.step(1ms, x))
      if (auto* s = std::get_if<send>(&e);
          s && s->what.kind == control_kind::look)
        out.insert(s->to);
    return out;
  };
  CHECK(told(view_read{view_of({node(1, "a"), node(2, "b"),
                                node(3, "c", "1.0.0", node_status::dead)})})
          .empty());
  CHECK(told(claimed{change_result::done, {}}).empty());
  CHECK(told(claimed{change_result::unknown, {}}).empty());
  CHECK(told(claimed{change_result::done, {{7, 2, 1}}})
        == std::set<incarnation>{2});
}

TEST_CASE("two shards may get ready to move, one is sealed at a time") {
  auto view =
    view_of({node(1, "a", "1.0.0", node_status::draining), node(2, "b")});
  for (auto& x : view.shards)
    x.at = {x.at.shard, 1, 1};
  surroundings at;
  at.now = 1s;
  at.view = &view;
  at.draining = true;
  at.reaches = [](incarnation) { return true; };
  shard_keeper keeper{1, defaults, shard_count};
  effects out;
  keeper.learn(at, out);
  for (std::size_t i = 0; i < out.size(); ++i)
    if (auto* x = std::get_if<load>(&out[i]))
      keeper.on(loaded{x->what.shard, 1, true}, at, out);
  out.clear();
  keeper.advance(at, out);
  std::vector<shard_id> asked;
  for (auto& x : out)
    if (auto* s = std::get_if<send>(&x))
      asked.push_back(s->what.shard);
  REQUIRE(asked.size() == shard_keeper::leaving_max);
  out.clear();
  auto hear = [&](control_kind kind, shard_id shard) {
    control x;
    x.kind = kind;
    x.shard = shard;
    x.epoch = 1;
    keeper.on(received{2, x}, at, out);
  };
  auto now_sealed = [&] {
    std::vector<shard_id> all;
    for (auto& x : std::exchange(out, {}))
      if (auto* s = std::get_if<seal>(&x))
        all.push_back(s->what.shard);
    return all;
  };
  using shards = std::vector<shard_id>;
  for (auto shard : asked)
    hear(control_kind::ready, shard);
  CHECK(now_sealed() == shards{asked[0]});
  keeper.on(sealed{asked[0], 1}, at, out);
  hear(control_kind::have_state, asked[0]);
  keeper.advance(at, out);
  CHECK(now_sealed().empty());
  SUBCASE("the first has gone") {
    keeper.on(transferred{asked[0], 1, change_result::done}, at, out);
    CHECK(now_sealed() == shards{asked[1]});
  }
  SUBCASE("the first stays") {
    keeper.on(transferred{asked[0], 1, change_result::refused, true}, at, out);
    CHECK(now_sealed() == shards{asked[1]});
  }
  SUBCASE("nobody knows about the first") {
    keeper.on(transferred{asked[0], 1, change_result::unknown}, at, out);
    CHECK(now_sealed().empty());
  }
}

TEST_CASE("whose heartbeats stand still is dead, as long as we see well") {
  death_watch x{defaults};
  x.beaten(0ms, {{1, 1}, {2, 7}});
  CHECK(x.judge(5000ms, 1, 3).empty()); // One heartbeat of ours is not enough.
  x.beaten(500ms, {{1, 2}, {2, 7}});
  CHECK(x.judge(2999ms, 1, 3).empty());
  REQUIRE(x.judge(3000ms, 1, 3).size() == 1);
  CHECK(x.judge(3000ms, 1, 3)[0].target == 2);
  CHECK(x.judge(3000ms, 1, 3)[0].hb_seq == 7);
  // Our own session breaks: everything is watched anew.
  x.missed();
  CHECK(x.judge(3000ms, 1, 3).empty());
  x.beaten(4000ms, {{1, 3}, {2, 7}});
  x.beaten(4500ms, {{1, 4}, {2, 7}});
  CHECK(x.judge(6999ms, 1, 3).empty());
  CHECK(x.judge(7000ms, 1, 3).size() == 1);
  x.beaten(7000ms, {{1, 5}, {2, 8}});
  CHECK(x.judge(9000ms, 1, 3).empty());
}

TEST_CASE("hard evidence is believed sooner, from two, or of two nodes from "
          "one") {
  death_watch x{defaults};
  x.beaten(0ms, {{1, 1}, {2, 7}});
  x.beaten(500ms, {{1, 2}, {2, 7}});
  x.set_reporters(2, 2);
  CHECK(x.judge(800ms, 1, 3).empty()); // Others say so; we have not seen it.
  x.set_hard(2, true);
  CHECK(x.judge(749ms, 1, 3).empty());
  CHECK(x.judge(750ms, 1, 3).size() == 1);
  x.set_reporters(2, 1);
  CHECK(x.judge(800ms, 1, 3).empty());
  CHECK(x.judge(800ms, 1, 2).size() == 1);
  // It beats again: what was said concerned the past.
  x.beaten(900ms, {{1, 3}, {2, 8}});
  CHECK(x.judge(1700ms, 1, 3).empty());
}

TEST_CASE("a refused connect is hard evidence only after a reset link") {
  death_watch watch{defaults};
  watch.beaten(0ms, {{1, 1}, {2, 7}});
  link_watch x{1, defaults};
  x.set_peers({2}, 0ms);
  effects out;
  x.on(link_changed{2, false, false}, 5ms, watch, out);
  out.clear();
  x.on(probed{2, store::evidence::refused}, watch, out);
  CHECK(out.empty()); // The store has not heard us twice: it would pile up.
  watch.beaten(5ms, {{1, 2}, {2, 7}});
  x.on(link_changed{2, true, false}, 10ms, watch, out);
  CHECK(x.is_up(2));
  out.clear();
  x.on(link_changed{2, false, false}, 100ms, watch, out);
  REQUIRE(out.size() == 1);
  CHECK(std::holds_alternative<probe>(out[0]));
  auto said = [&](std::optional<store::evidence> failure) {
    out.clear();
    x.on(probed{2, failure}, watch, out);
    return std::get<suspect>(out.at(0)).what;
  };
  CHECK(said(store::evidence::refused).what == store::evidence::timeout);
  x.on(link_changed{2, false, true}, 110ms, watch, out);
  CHECK(said(store::evidence::timeout).what == store::evidence::timeout);
  CHECK(said({}).what == store::evidence::timeout); // It listens.
  CHECK(said(store::evidence::refused)
        == store::suspicion{2, 1, 7, store::evidence::refused});
  out.clear();
  x.on(link_changed{2, true, false}, 200ms, watch, out);
  CHECK(std::holds_alternative<trust>(out.at(0)));
}

TEST_CASE("a cut between two who live is reported, then decided upon") {
  death_watch watch{defaults};
  link_watch x{1, defaults};
  x.set_peers({2}, 0ms);
  std::uint64_t beat = 0;
  auto run = [&](milliseconds from, milliseconds to) {
    effects out;
    for (auto t = from; t < to; t += 500ms) {
      watch.beaten(t, {{1, beat}, {2, ++beat}});
      x.advance(t, watch, out);
    }
    return out;
  };
  auto has = [](const effects& xs, auto is) {
    return std::ranges::any_of(
      xs, [](auto& e) { return std::holds_alternative<decltype(is)>(e); });
  };
  auto early = run(0ms, 5000ms);
  CHECK(has(early, report_links{}));
  CHECK_FALSE(has(early, resolve_cut{}));
  CHECK(has(run(5000ms, 7000ms), resolve_cut{}));
}
