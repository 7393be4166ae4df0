#include "cluster/core/placement.hpp"
#include "cluster/ops/event_ring.hpp"
#include "cluster/ops/ops_plan.hpp"
#include "cluster/program/progress.hpp"
#include "cluster/program/tar_file.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>

namespace hansom {

namespace {

using namespace ops;
using store::node_status;

/// Nodes n1, n2, ... of these status; each shard is where it should be.
store::membership_view cluster_of(const std::vector<node_status>& all) {
  store::membership_view out;
  for (auto x : all) {
    store::node_row row;
    row.self = out.nodes.size() + 1;
    row.name = "n" + std::to_string(row.self);
    row.status = x;
    row.app_version = "1.0";
    out.nodes.push_back(row);
  }
  for (std::size_t i = 0; i < shard_count; ++i)
    out.shards.push_back({{static_cast<shard_id>(i), 1, 0}, {}});
  auto wanted = core::desired_owners(out);
  for (std::size_t i = 0; i < shard_count; ++i)
    out.shards[i].at.owner = wanted[i];
  return out;
}

constexpr auto active = node_status::active;
constexpr auto draining = node_status::draining;

} // namespace

TEST_CASE("who is gone and has no pins needs no removal") {
  auto view = cluster_of({active, node_status::dead});
  CHECK(plan_node_order(view, node_order::remove, "n2").what
        == plan::verdict::nothing);
  view.shards[3].pin = "n2";
  auto x = plan_node_order(view, node_order::remove, "n2");
  CHECK(x.what == plan::verdict::go);
  CHECK(x.unpin == std::vector<shard_id>{3});
}

TEST_CASE("a drain's plan names where each shard goes") {
  auto view = cluster_of({active, active, active});
  auto x = plan_node_order(view, node_order::drain, "n2");
  CHECK(x.what == plan::verdict::go);
  CHECK(x.to == draining);
  CHECK(x.confirm.empty());
  CHECK(x.homeless.empty());
  std::size_t owned = 0;
  for (auto& s : view.shards)
    owned += s.at.owner == 2 ? 1 : 0;
  CHECK(owned > 0);
  CHECK(x.moves.size() == owned);
  for (auto& m : x.moves) {
    CHECK(m.from == "n2");
    CHECK((m.to == "n1" || m.to == "n3"));
  }
}

TEST_CASE("the last active node is not drained by mistake") {
  auto x =
    plan_node_order(cluster_of({draining, active}), node_order::drain, "n2");
  CHECK(x.what == plan::verdict::go);
  CHECK_FALSE(x.confirm.empty());
  CHECK(x.moves.empty());
  CHECK(x.homeless.size() == shard_count);
}

TEST_CASE("orders that do not fit are refused, or were obeyed already") {
  auto view = cluster_of({active, draining, node_status::joining});
  auto verdict = [&](node_order what, const char* name) {
    return plan_node_order(view, what, name).what;
  };
  using enum plan::verdict;
  CHECK(verdict(node_order::drain, "n2") == nothing);
  CHECK(verdict(node_order::drain, "n3") == refused);
  CHECK(verdict(node_order::drain, "n9") == no_such);
  CHECK(verdict(node_order::undrain, "n1") == nothing);
  CHECK(verdict(node_order::undrain, "n2") == go);
  CHECK(verdict(node_order::undrain, "n3") == refused);
  CHECK(verdict(node_order::down, "n3") == go);
  CHECK_FALSE(plan_node_order(view, node_order::down, "n3").confirm.empty());
  CHECK(verdict(node_order::remove, "n9") == no_such);
  view.shards[7].pin = "n9"; // Gone, but for its pins.
  auto x = plan_node_order(view, node_order::remove, "n9");
  CHECK(x.what == go);
  CHECK(x.from == x.to);
  CHECK(x.unpin == std::vector<shard_id>{7});
}

TEST_CASE("a balanced cluster has no moves; a newcomer gets its share alone") {
  auto view = cluster_of({active, active, active});
  CHECK(plan_moves(view).empty());
  auto moves = plan_addition(view, "n4");
  CHECK(moves.size() > shard_count / 8);
  CHECK(moves.size() < shard_count / 2);
  for (auto& x : moves)
    CHECK(x.to == "n4");
  auto& stray = view.shards[5].at;
  stray.owner = stray.owner == 1 ? 2 : 1;
  CHECK(plan_moves(view).size() == 1);
  CHECK(plan_moves(view)[0].why == "its share");
  stray.owner = 0;
  CHECK(plan_moves(view)[0].why == "nobody owns it");
}

TEST_CASE("a ring of events forgets the oldest and keeps their numbers") {
  event_ring ring;
  for (std::size_t i = 0; i < event_ring::events_max + 10; ++i) {
    store::cluster_event x;
    x.reason = std::to_string(i);
    ring.record(x);
  }
  CHECK(ring.after(0, 2).at(0).pos == 11);
  CHECK(ring.after(0, 5000).size() == event_ring::events_max);
  CHECK(ring.last(1).at(0).pos == event_ring::events_max + 10);
  CHECK(ring.after(event_ring::events_max + 10, 5).empty());
}

TEST_CASE("progress tells rate and estimate, and when nothing moves") {
  progress x{"shards", 96};
  CHECK(x.line(0, 0) == "shards  0/96");
  CHECK(x.line(61, 20) == "shards  61/96  3.0/s  about 12 s left");
  CHECK(x.stalled(36) == 16);
  CHECK(x.line(96, 40) == "shards  96/96");
  CHECK(x.stalled(40) == 0);
}

TEST_CASE("an archive is one that tar opens") {
  std::string name = "/tmp/hansom-tar-" + std::to_string(::getpid());
  auto bytes = make_tar_gz(
    {{"a/one.txt", "first\n"}, {"a/two.txt", std::string(1500, 'x')}},
    1'700'000'000);
  auto* out = std::fopen(name.c_str(), "wb");
  REQUIRE(out);
  std::fwrite(bytes.data(), 1, bytes.size(), out);
  std::fclose(out);
  auto* said =
    ::popen(("tar -tvzf " + name + " && tar -xOzf " + name
             + " a/one.txt && tar -xOzf " + name + " a/two.txt | wc -c")
              .c_str(),
            "r");
  REQUIRE(said);
  std::string text;
  char buffer[512];
  while (std::fgets(buffer, sizeof buffer, said))
    text += buffer;
  CHECK(::pclose(said) == 0);
  std::remove(name.c_str());
  CHECK(text.find("a/two.txt") != std::string::npos);
  CHECK(text.find("first\n") != std::string::npos);
  CHECK(text.find("1500") != std::string::npos);
  CHECK_THROWS(make_tar_gz({{std::string(100, 'n'), ""}}, 0));
}

} // namespace hansom
