#include "actors/cell/position_pack.hpp"
#include "cluster/mesh/mail_codec.hpp"
#include "cluster/mesh/node_identity.hpp"
#include "cluster/mesh/wire.hpp"
#include "tests/unit/mesh/mesh_fixture.hpp"

using namespace hansom;
using namespace hansom::testing;

TEST_SUITE_BEGIN("the mesh");

TEST_CASE("mail goes both ways, in order, whole, in few frames") {
  test_node a{1};
  test_node b{2};
  REQUIRE(join(a, b));
  constexpr std::uint64_t n = 5'000;
  for (std::uint64_t i = 1; i <= n; ++i) {
    auto x = numbered(i);
    REQUIRE(a.links->send(2, x) == mesh::sent::queued);
    auto y = numbered(i, rider_id{3});
    y.what.priority = caf::message_priority::high;
    y.fresh = true;
    y.from_shard = 5;
    y.from_epoch = 77;
    REQUIRE(b.links->send(1, y) == mesh::sent::queued);
  }
  REQUIRE(eventually(
    [&] { return a.heard.mail_count() == n && b.heard.mail_count() == n; }));
  for (std::uint64_t i = 1; i <= n; ++i) {
    REQUIRE(number_of(a.heard.mails[i - 1]) == i);
    REQUIRE(number_of(b.heard.mails[i - 1]) == i);
  }
  auto& x = a.heard.mails.front();
  CHECK(x.to == entity_ref{rider_id{3}});
  CHECK(x.what.priority == caf::message_priority::high);
  CHECK(x.fresh);
  CHECK(x.from_shard == 5);
  CHECK(x.from_epoch == 77);
  CHECK(b.heard.mails.front().from_shard == no_shard);
  CHECK(b.heard.mails.front().until > test_now());
  auto report = a.report(2);
  CHECK(report.messages_out == n);
  CHECK(report.frames_out < n / 4);
  CHECK(eventually([&] { return a.report(2).in_flight == 0; }));
  CHECK(eventually([&] { return a.report(2).round_trip_us > 0; }));
}

TEST_CASE("only the younger dials") {
  test_node old{1};
  test_node young{2};
  old.meet(young); // By itself this leads to nothing.
  std::this_thread::sleep_for(400ms);
  CHECK_FALSE(old.links->is_up(2));
  CHECK(old.heard.with([](auto& x) { return x.misses.empty(); }));
  young.meet(old);
  REQUIRE(eventually([&] { return old.links->is_up(2); }));
  CHECK(old.report(2).links == 1);
  CHECK(young.links->turned_away() == 0);
}

TEST_CASE("twenty links made at once on both sides: each comes up, once") {
  for (int i = 0; i < 20; ++i) {
    test_node a{1};
    test_node b{2};
    REQUIRE(join(a, b));
    CHECK(a.report(2).links == 1);
    CHECK(b.report(1).links == 1);
  }
}

TEST_CASE(
  "a peer that does not read: bytes in flight and waiting are bounded") {
  auto config = test_config();
  config.credit = 200'000;
  config.lane_max = 300'000;
  test_node a{1, config};
  test_node b{2, config};
  REQUIRE(join(a, b));
  b.heard.block(true);
  std::uint64_t taken = 0;
  std::uint64_t refused = 0;
  for (std::uint64_t i = 1; i <= 50'000; ++i) {
    auto x = numbered(i);
    switch (a.links->send(2, x)) {
    case mesh::sent::queued:
      ++taken;
      break;
    default:
      ++refused;
      CHECK(x.what.what.size() == 1); // Left alone.
    }
  }
  CHECK(refused > 0);
  auto report = a.report(2);
  CHECK(report.in_flight <= config.credit);
  CHECK(report.in_flight_max <= config.credit);
  CHECK(report.waiting <= config.lane_max);
  CHECK(report.refused_full == refused);
  b.heard.block(false);
  REQUIRE(eventually([&] { return b.heard.mail_count() == taken; }));
  CHECK(eventually([&] { return a.report(2).in_flight == 0; }));
  CHECK(a.report(2).expired == 0);
}

TEST_CASE("a slow peer gets each driver's latest position") {
  auto config = test_config();
  config.credit = 100'000;
  config.conflate_above = 50'000;
  test_node a{1, config};
  test_node b{2, config};
  REQUIRE(join(a, b));
  b.heard.block(true);
  cell_id cell{0x89c2585000000000};
  constexpr std::uint64_t drivers = 50;
  constexpr int rounds = 400;
  for (int round = 1; round <= rounds; ++round) {
    position_batch batch;
    for (std::uint64_t d = 1; d <= drivers; ++d)
      pack(batch.packed,
           {driver_id{d}, {407'580'000, -739'855'000}, timestamp{round}, 90});
    far_mail x;
    x.to = cell;
    x.what.what = caf::make_message(std::move(batch));
    x.until = test_now() + 5s;
    REQUIRE(a.links->send(2, x) == mesh::sent::queued);
    auto y = numbered(0);
    y.what.what = caf::make_message(driver_moved{cell, {}, timestamp{round}});
    REQUIRE(a.links->send(2, y) == mesh::sent::queued);
  }
  CHECK(a.report(2).conflated > drivers);
  b.heard.block(false);
  auto latest = [&] {
    std::map<std::uint64_t, std::int64_t> out;
    for (auto& x : b.heard.mails) {
      if (x.what.what.match_element<driver_moved>(0))
        out[0] = x.what.what.get_as<driver_moved>(0).time.ms;
      else
        unpack(x.what.what.get_as<position_batch>(0).packed,
               [&](const packed_position& p) {
                 CHECK(out[p.driver.value] <= p.time.ms);
                 out[p.driver.value] = p.time.ms;
               });
    }
    return out;
  };
  REQUIRE(eventually([&] {
    return b.heard.with([&](auto&) {
      auto all = latest();
      return all.size() == drivers + 1
             && std::all_of(all.begin(), all.end(),
                            [](auto& x) { return x.second == rounds; });
    });
  }));
  CHECK(b.heard.mail_count() < 2 * rounds);
}

TEST_CASE("what matters goes ahead of positions") {
  auto config = test_config();
  config.credit = 70'000;
  test_node a{1, config};
  test_node b{2, config};
  REQUIRE(join(a, b));
  b.heard.block(true);
  for (int i = 0; i < 3'000; ++i) {
    auto x = numbered(0);
    x.what.what = caf::make_message(driver_moved{});
    REQUIRE(a.links->send(2, x) == mesh::sent::queued);
  }
  auto x = asked("c");
  REQUIRE(a.links->send(2, x) == mesh::sent::queued);
  b.heard.block(false);
  auto place = [&] {
    auto& all = b.heard.mails;
    return std::find_if(all.begin(), all.end(),
                        [](auto& y) { return y.what.what.size() == 2; })
           - all.begin();
  };
  REQUIRE(eventually([&] {
    return b.heard.with([&](auto& y) {
      return place() < static_cast<std::ptrdiff_t>(y.mails.size());
    });
  }));
  CHECK(b.heard.with([&](auto&) { return place(); }) < 2'990);
}

TEST_CASE("mail that a peer does not take comes back with what it knows") {
  test_node a{1};
  test_node b{2};
  b.heard.answer = [](auto&) {
    return mesh_sink::refusal{mesh_nack::wrong_owner, {42, 9}};
  };
  REQUIRE(join(a, b));
  for (int i = 0; i < 3; ++i) {
    auto quiet = numbered(1); // Nobody waits for it.
    auto x = asked("c" + std::to_string(i));
    REQUIRE(a.links->send(2, quiet) == mesh::sent::queued);
    REQUIRE(a.links->send(2, x) == mesh::sent::queued);
  }
  auto back = [](auto& x) { return x.returns.size(); };
  REQUIRE(eventually([&] { return a.heard.with(back) == 3; }));
  for (std::size_t i = 0; i < 3; ++i) {
    auto& x = a.heard.returns[i];
    CHECK(x.why.why == mesh_nack::wrong_owner);
    CHECK(x.why.owner.who == 42);
    CHECK(x.why.owner.epoch == 9);
    CHECK(x.what.what.what.get_as<client_ref>(0).command
          == "c" + std::to_string(i));
  }
  CHECK(a.report(2).nacked == 6);
}

TEST_CASE("mail under way comes back at its deadline, or when the link goes") {
  test_node a{1};
  auto b = std::make_unique<test_node>(2);
  REQUIRE(join(a, *b));
  b->heard.block(true);
  auto soon = asked("soon", trip_id{9}, 200ms);
  auto late = asked("late");
  REQUIRE(a.links->send(2, soon) == mesh::sent::queued);
  REQUIRE(a.links->send(2, late) == mesh::sent::queued);
  auto back = [](auto& x) { return x.returns.size(); };
  REQUIRE(eventually([&] { return a.heard.with(back) == 1; }));
  CHECK(a.heard.returns[0].why.why == mesh_nack::expired);
  CHECK(a.heard.returns[0].what.tried);
  a.links->forget(2);
  REQUIRE(eventually([&] { return a.heard.with(back) == 2; }));
  CHECK(a.heard.returns[1].why.why == mesh_nack::link_lost);
  CHECK(a.heard.returns[1].what.what.what.get_as<client_ref>(0).command
        == "late");
  auto more = asked("more");
  CHECK(a.links->send(2, more) == mesh::sent::no_link);
}

TEST_CASE("frames for clients and control messages arrive as they were said") {
  test_node a{1};
  test_node b{2};
  REQUIRE(join(a, b));
  far_frame x;
  x.frame = {{2, 3, 4}, delivery::reply, "c7", R"({"type":"ack"})"};
  x.from_shard = 9;
  x.from_epoch = 3;
  REQUIRE(a.links->send(2, x) == mesh::sent::queued);
  x = {};
  x.what = far_frame::act::close;
  x.frame.to = {2, 3, 4};
  x.why = close_code::replaced;
  REQUIRE(a.links->send(2, x) == mesh::sent::queued);
  x = {};
  x.what = far_frame::act::follow;
  x.frame.to = {2, 3, 4};
  x.trip = trip_id{0xabc};
  REQUIRE(a.links->send(2, x) == mesh::sent::queued);
  x = {};
  x.what = far_frame::act::attached;
  x.frame.to = {2, 3, 4};
  x.frame.body = "{}";
  REQUIRE(a.links->send(2, x) == mesh::sent::queued);
  std::string chunk(300'000, '\xff');
  REQUIRE(a.links->control(2, "first") == mesh::sent::queued);
  REQUIRE(a.links->control(2, chunk) == mesh::sent::queued);
  CHECK(a.links->control(2, std::string(entry_max + 1, 'x'))
        == mesh::sent::full);
  REQUIRE(eventually([&] {
    return b.heard.with(
      [](auto& y) { return y.frames.size() == 4 && y.controls.size() == 2; });
  }));
  auto& all = b.heard.frames;
  CHECK(all[0].frame.to == session_ref{2, 3, 4});
  CHECK(all[0].frame.how == delivery::reply);
  CHECK(all[0].frame.re == "c7");
  CHECK(all[0].frame.body == R"({"type":"ack"})");
  CHECK(all[0].from_shard == 9);
  CHECK(all[0].from_epoch == 3);
  CHECK(all[1].why == close_code::replaced);
  CHECK(all[2].trip == trip_id{0xabc});
  CHECK(all[3].frame.body == "{}");
  CHECK(b.heard.controls[0] == "first");
  CHECK(b.heard.controls[1] == chunk);
}

TEST_CASE("views for one session are conflated, events never") {
  auto config = test_config();
  config.credit = 5'000;
  config.conflate_above = 1'000;
  test_node a{1, config};
  test_node b{2, config};
  REQUIRE(join(a, b));
  b.heard.block(true);
  auto hold = numbered(1); // Stops the receiver.
  REQUIRE(a.links->send(2, hold) == mesh::sent::queued);
  for (int i = 1; i <= 500; ++i) {
    far_frame x;
    x.frame = {{2, 0, 1},
               delivery::latest,
               {},
               R"({"type":"position","n":)" + std::to_string(i) + '}'};
    REQUIRE(a.links->send(2, x) == mesh::sent::queued);
    x.frame.how = delivery::event;
    REQUIRE(a.links->send(2, x) == mesh::sent::queued);
  }
  b.heard.block(false);
  auto count = [&](delivery how) {
    return b.heard.with([&](auto& x) {
      return std::count_if(x.frames.begin(), x.frames.end(),
                           [&](auto& f) { return f.frame.how == how; });
    });
  };
  REQUIRE(eventually([&] { return count(delivery::event) == 500; }));
  REQUIRE(eventually([&] {
    return b.heard.with([](auto& x) {
      return x.frames.back().frame.how == delivery::latest
             && x.frames.back().frame.body == R"({"type":"position","n":500})";
    });
  }));
  CHECK(count(delivery::latest) < 400);
  CHECK(a.report(2).conflated > 100);
}

TEST_SUITE_END();
