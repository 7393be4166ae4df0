#include "persistence/redis/position_board.hpp"
#include "tests/unit/persistence/redis_server.hpp"

namespace hansom::redis::testing {

namespace {

constexpr milliseconds patience{2000};
constexpr cell_id here{1};
constexpr cell_id there{2};

struct board_fixture {
  board_fixture() : link_{server.config()}, look_{server.config()} {
    with.city = "nyc";
    with.position_cycle = milliseconds{20};
    board =
      std::make_unique<position_board>(link_, with, [this] { return now(); });
    link_.start();
    look_.start();
    REQUIRE(link_.wait_connected(patience));
    REQUIRE(look_.wait_connected(patience));
  }
  ~board_fixture() {
    link_.stop(); // The board is called on its thread.
  }

  [[nodiscard]] timestamp now() const {
    return {clock.load()};
  }
  void place(std::uint64_t driver, cell_id cell, std::int32_t lat_e7) {
    driver_place x{{driver}, cell, {lat_e7, -739'885'260}, now(), 90, false};
    board->take(&x, 1);
  }
  void leave(std::uint64_t driver, cell_id cell) {
    driver_place x;
    x.driver = {driver};
    x.cell = cell;
    x.gone = true;
    board->take(&x, 1);
  }
  std::int64_t count(const char* kind, const char* key) {
    return look_.call(command{kind, key}, patience).number;
  }
  bool has(std::int64_t drivers) {
    return count("ZCARD", "hansom:nyc:drivers") == drivers
           && count("ZCARD", "hansom:nyc:seen") == drivers
           && count("HLEN", "hansom:nyc:places") == drivers;
  }

  redis_server server;
  config with;
  std::atomic<std::int64_t> clock{1'700'000'000'000};
  link link_;
  link look_;
  std::unique_ptr<position_board> board;
};

} // namespace

TEST_CASE_FIXTURE(board_fixture,
                  "others can search who is near, and how fresh") {
  place(7, here, 407'313'100);
  place(8, here, 908'000'000 - 1); // No place that a map has.
  place(8, here, 890'000'000);     // Too far north for Redis' index.
  REQUIRE(eventually([&] { return count("HLEN", "hansom:nyc:places") == 2; }));
  auto near =
    look_.call(command{"GEOSEARCH", "hansom:nyc:drivers", "FROMLONLAT",
                       "-73.9885", "40.7313", "BYRADIUS", "100", "m"},
               patience);
  REQUIRE(near.items.size() == 1);
  CHECK(near.items[0].text == "7");
  CHECK(look_.call(command{"ZSCORE", "hansom:nyc:seen", "7"}, patience).text
        == "1700000000000");
  CHECK(look_.call(command{"HGET", "hansom:nyc:places", "7"}, patience).text
        == "1700000000000 407313100 -739885260 90 1");
}

TEST_CASE_FIXTURE(board_fixture, "only the newest of a cycle is written") {
  link_.stop(); // Nothing is gathered while it is full.
  for (int i = 0; i < 200'000; ++i)
    place(7, here, i);
  CHECK(board->stats().dropped_full == 200'000 - position_board::inbox_max);
}

TEST_CASE_FIXTURE(board_fixture, "drivers who leave are taken out") {
  place(7, here, 407'000'000);
  place(8, here, 407'000'000);
  REQUIRE(eventually([&] { return has(2); }));
  leave(7, here);
  CHECK(eventually([&] { return has(1); }));
  // From one cell to the next: not gone.
  place(8, there, 407'000'000);
  leave(8, here);
  place(9, here, 407'000'000);
  REQUIRE(eventually([&] { return has(2); }));
  leave(8, there);
  leave(9, here);
  place(9, here, 407'000'000); // And back at once.
  CHECK(eventually([&] { return has(1); }));
  CHECK(board->stats().known == 1);
}

TEST_CASE_FIXTURE(board_fixture,
                  "after a restart everybody is back in a cycle") {
  for (std::uint64_t i = 1; i <= 1000; ++i)
    place(i, here, 407'000'000);
  REQUIRE(eventually([&] { return has(1000); }));
  server.stop();
  REQUIRE(eventually([&] { return !link_.connected(); }));
  place(2000, here, 407'000'000);
  leave(1, here);
  server.start();
  REQUIRE(look_.wait_connected(patience));
  CHECK(eventually([&] { return has(1000); }));
}

TEST_CASE_FIXTURE(board_fixture, "the last places are read back, fresh ones") {
  place(7, here, 407'000'000);
  REQUIRE(eventually([&] { return has(1); }));
  clock += 60'000;
  place(8, there, 408'000'000);
  REQUIRE(eventually([&] { return has(2); }));
  std::vector<driver_id> whom{{6}, {7}, {8}};
  auto fresh = board->read(whom, now() - milliseconds{30'000}, patience);
  REQUIRE(fresh.size() == 1);
  CHECK(fresh[0].driver == driver_id{8});
  CHECK(fresh[0].cell == there);
  CHECK(fresh[0].at.lat_e7 == 408'000'000);
  CHECK(fresh[0].heading_deg == 90);
  CHECK(board->read(whom, {0}, patience).size() == 2);
  server.stop();
  REQUIRE(eventually([&] { return !link_.connected(); }));
  CHECK(board->read(whom, {0}, patience).empty());
}

TEST_CASE_FIXTURE(board_fixture,
                  "of two nodes the one that knows newer is believed") {
  link other_link{server.config()};
  position_board other{other_link, with, [this] { return now(); }};
  other_link.start();
  REQUIRE(other_link.wait_connected(patience));
  auto says = [&](std::int32_t lat_e7, std::int64_t later, cell_id cell) {
    driver_place x{
      {7}, cell, {lat_e7, -739'885'260}, now() + milliseconds{later},
      90,  false};
    other.take(&x, 1);
  };
  auto stands = [&] {
    return look_.call(command{"HGET", "hansom:nyc:places", "7"}, patience).text;
  };
  place(7, here, 407'000'000);
  REQUIRE(eventually([&] { return has(1); }));
  // He drives into a cell of the other node.
  says(408'000'000, 4000, there);
  REQUIRE(eventually([&] { return stands().ends_with(" 2"); }));
  // The former cell says so late, and the former node tells again what it knew.
  place(7, here, 407'000'000);
  REQUIRE(eventually([&] { return board->stats().outdated > 0; }));
  leave(7, here);
  place(8, here, 407'000'000); // Comes after it.
  REQUIRE(eventually([&] { return has(2); }));
  CHECK(stands().ends_with(" 2"));
  CHECK(stands().find("408000000") != std::string::npos);
  // Who says that he is gone must be the one who had him last.
  driver_place gone;
  gone.driver = {7};
  gone.cell = there;
  gone.gone = true;
  other.take(&gone, 1);
  CHECK(eventually([&] { return has(1); }));
  other_link.stop();
}

TEST_CASE("what a lost node left behind goes when it is old") {
  redis_server server;
  link to{server.config()};
  config with;
  with.city = "nyc";
  std::atomic<std::int64_t> clock{1'700'000'000'000};
  position_board board{to, with, [&] { return timestamp{clock}; }};
  link look{server.config()};
  look.start();
  REQUIRE(look.wait_connected(patience));
  look.post(command{"ZADD", "hansom:nyc:seen", "1699999000000", "5"});
  look.post(command{"ZADD", "hansom:nyc:seen", "1699999999000", "6"});
  look.post(command{"HSET", "hansom:nyc:places", "5", "x"});
  REQUIRE(look.call(command{"PING"}, patience).ok());
  to.start();
  // The first sweep may come before the connection, the next one after 10 s.
  CHECK(eventually(
    [&] {
      return look.call(command{"ZCARD", "hansom:nyc:seen"}, patience).number
             == 1;
    },
    milliseconds{13'000}));
  CHECK(look.call(command{"EXISTS", "hansom:nyc:places"}, patience).number
        == 0);
  to.stop();
}

TEST_CASE("whatever becomes of a position, it is counted") {
  link never_started{link_config{}};
  position_board board{never_started, {}, [] { return timestamp{1}; }};
  std::vector<driver_place> batch(16);
  for (std::size_t i = 0; i < batch.size(); ++i)
    batch[i].driver = {i + 1};
  constexpr int rounds = 8000;
  auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < rounds; ++i)
    board.take(batch.data(), batch.size());
  auto each = std::chrono::duration_cast<std::chrono::nanoseconds>(
                std::chrono::steady_clock::now() - began)
                .count()
              / (rounds * static_cast<int>(batch.size()));
  MESSAGE("ns per position: " << each);
  CHECK(board.stats().taken + board.stats().dropped_full
        == rounds * batch.size());
}

} // namespace hansom::redis::testing
