// Goal: the map's frames are exact: who applies them all sees what a newcomer
// sees; and nobody is asked for pictures while nobody looks.

#include "actors/cell/cell_cover.hpp"
#include "cluster/map/map_feed.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <future>
#include <random>
#include <thread>

using namespace hansom;
using nlohmann::json;

namespace {

const cell_id here = cell_of({407'500'000, -739'800'000}, 13);
const cell_id there = cell_of({407'900'000, -739'500'000}, 13);

pictured_driver car(std::uint64_t id, std::int32_t east, standing now) {
  return {driver_id{id}, {407'500'000, -739'800'000 + east * 100}, now};
}

city_picture picture(std::vector<pictured_driver> in_here,
                     std::vector<pictured_driver> in_there = {}) {
  city_picture x;
  x.at = {5000};
  cell_picture a;
  a.cell = here;
  a.drivers = std::move(in_here);
  cell_picture b;
  b.cell = there;
  b.drivers = std::move(in_there);
  x.cells = {a, b};
  return x;
}

/// A viewer: takes answers in as the page does.
struct viewer {
  std::uint64_t frame = 0;
  std::map<std::string, std::string> cars;
  std::map<std::string, std::string> cells;

  void take(const json& x) {
    frame = x["frame"];
    auto& list = x["cars"];
    for (std::size_t i = 0; i < list.size(); i += 4)
      cars[list[i]] = list[i + 1].dump() + ' ' + list[i + 2].dump() + ' '
                      + list[i + 3].dump();
    for (auto& id : x.value("gone", json::array()))
      cars.erase(id.get<std::string>());
    for (auto& row : x["cells"])
      cells[row["cell"]] = row.dump();
    for (auto& id : x.value("cells_gone", json::array()))
      cells.erase(id.get<std::string>());
  }

  void look(map_book& book) {
    auto answer = json::parse(book.since(frame));
    if (answer.contains("full")) {
      cars.clear();
      cells.clear();
      take(answer["full"]);
    } else {
      for (auto& x : answer["frames"])
        take(x);
    }
  }
};

bool eventually(const std::function<bool()>& done) {
  for (int i = 0; i < 2'000 && !done(); ++i)
    std::this_thread::sleep_for(milliseconds{10});
  return done();
}

} // namespace

TEST_CASE("a frame names what has changed, and a newcomer gets all") {
  map_book book;
  book.add(picture({car(1, 0, standing::free), car(2, 10, standing::busy)}));
  viewer a;
  a.look(book);
  CHECK(a.cars.size() == 2);
  CHECK(a.cells.size() == 2);
  book.add(picture({car(1, 5, standing::free)}, {car(3, 0, standing::free)}));
  auto change = json::parse(book.since(a.frame))["frames"][0];
  CHECK(change["cars"].size() == 8); // One has moved, one is new.
  CHECK(change["gone"] == json::array({"2"}));
  CHECK(change["cells"].empty());
  a.look(book);
  viewer b;
  b.look(book);
  CHECK(a.cars == b.cars);
  CHECK(a.frame == 2);
}

TEST_CASE("a driver in the books of two cells is where he drives") {
  map_book book;
  book.add(
    picture({car(1, 0, standing::soon_free)}, {car(1, 7, standing::busy)}));
  viewer a;
  a.look(book);
  CHECK(a.cars.at("1").ends_with(" 1"));
  book.add(
    picture({car(1, 7, standing::busy)}, {car(1, 0, standing::soon_free)}));
  a.look(book);
  CHECK(a.cars.at("1").ends_with(" 1"));
}

TEST_CASE("a cell that does not answer keeps its cars; one that is gone loses "
          "them") {
  map_book book;
  book.add(picture({car(1, 0, standing::free)}));
  city_picture silent;
  silent.silent = {here};
  book.add(silent);
  viewer a;
  a.look(book);
  CHECK(a.cars.size() == 1);
  CHECK(a.cells.size() == 1);
  book.add({});
  a.look(book);
  CHECK(a.cars.empty());
  CHECK(a.cells.empty());
}

TEST_CASE("waiting requests are told whole, within bounds") {
  map_book book;
  auto x = picture({});
  for (std::uint64_t i = 0; i < map_book::asks_max + 5; ++i)
    x.cells[0].requests.push_back(
      {trip_id{i + 1}, {407'500'000, -739'800'000}, {1000}, driver_id{7}});
  book.add(std::move(x));
  auto full = json::parse(book.since(0))["full"];
  CHECK(full["asks"].size() == 5 * map_book::asks_max);
  CHECK(full["asks"][4] == "7");
  CHECK(full["cut"] == 5);
}

TEST_CASE("what is left out is counted, wherever it was left out") {
  map_book book;
  auto x = picture({car(1, 0, standing::free)});
  x.cells[0].free = 3; // One of three was told,
  x.cells[1].waiting = 2;
  x.cells[1].proposed = 2; // of four requests none;
  x.cut = 10;              // so many cells were not asked.
  book.add(std::move(x));
  CHECK(json::parse(book.since(0))["full"]["cut"] == 16);
  book.add(picture({}));
  CHECK(json::parse(book.since(0))["full"]["cut"] == 0);
}

TEST_CASE("frames of a node's former life are not taken for its own") {
  map_book first{1'000'000};
  map_book second{9'000'000};
  for (int i = 0; i < 3; ++i) {
    first.add(picture({car(1, i, standing::free)}));
    second.add(picture({car(2, i, standing::free)}));
  }
  viewer a;
  a.look(first);
  CHECK(a.frame == 1'000'003);
  CHECK(json::parse(second.since(a.frame)).contains("full"));
  CHECK(json::parse(first.since(9'000'003)).contains("full"));
  a.look(second);
  CHECK(a.cars.count("1") == 0);
  CHECK(a.cars.count("2") == 1);
}

TEST_CASE("a source that fails is asked again; who brings a picture waits for "
          "nobody") {
  std::atomic<int> asked{0};
  map_feed feed{[&](const auto& done) {
    if (++asked == 1)
      throw std::runtime_error{"no cells today"};
    done(picture({car(1, 0, standing::free)}));
  }};
  feed.start();
  std::promise<void> go;
  std::atomic<int> answered{0};
  auto slow = [&, until = go.get_future().share()](const std::string&) {
    ++answered;
    until.wait();
  };
  CHECK(feed.look(0, slow));
  CHECK(eventually([&] { return answered == 1; }));
  CHECK(asked == 2);
  // The feed's thread stands still; whoever comes now does not.
  CHECK(feed.look(0, [&](const std::string&) { ++answered; }));
  go.set_value();
  CHECK(eventually([&] { return answered == 2; }));
  feed.stop();
}

TEST_CASE("whoever misses frames ends up with the same city") {
  std::mt19937 chance{11};
  map_book book;
  std::vector<viewer> viewers(3);
  for (int round = 0; round < 300; ++round) {
    std::vector<pictured_driver> cars;
    for (std::uint64_t id = 1; id <= 20; ++id)
      if (chance() % 4 != 0)
        cars.push_back(
          car(id, static_cast<std::int32_t>(chance() % 3),
              chance() % 2 == 0 ? standing::free : standing::busy));
    auto x = picture(cars);
    if (chance() % 5 == 0)
      x.cells.pop_back();
    book.add(std::move(x));
    for (std::size_t i = 0; i < viewers.size(); ++i)
      if (chance() % (1 + 6 * i) == 0)
        viewers[i].look(book);
  }
  for (auto& x : viewers) {
    x.look(book);
    viewer fresh;
    fresh.look(book);
    CHECK(x.cars == fresh.cars);
    CHECK(x.cells == fresh.cells);
  }
}

TEST_CASE("pictures are taken while somebody looks, once for all") {
  std::atomic<int> taken{0};
  map_feed feed{[&](const auto& done) {
    ++taken;
    done(picture({car(1, 0, standing::free)}));
  }};
  feed.start();
  std::this_thread::sleep_for(milliseconds{100});
  CHECK(taken == 0);
  std::atomic<int> answers{0};
  for (int i = 0; i < 20; ++i)
    CHECK(feed.look(0, [&](const std::string& x) {
      answers += x.find("\"full\"") != std::string::npos;
    }));
  CHECK(eventually([&] { return answers == 20; }));
  CHECK(taken <= 2);
  // Whoever waits when it ends is answered all the same.
  std::atomic<bool> late{false};
  CHECK(feed.look(feed.frame(), [&](const std::string&) { late = true; }));
  feed.stop();
  CHECK(late);
  std::string none;
  CHECK(feed.look(0, [&](std::string x) { none = std::move(x); }));
  CHECK(none == R"({"frames":[]})");
}

TEST_CASE("no more look at the map at once than there is room for") {
  map_feed feed{[](const auto&) {}}; // A source that never answers.
  std::size_t answered = 0;
  for (std::size_t i = 0; i < map_feed::viewers_max; ++i)
    CHECK(feed.look(0, [&](const std::string&) { ++answered; }));
  CHECK_FALSE(feed.look(0, [](const std::string&) {}));
  feed.stop();
  CHECK(answered == map_feed::viewers_max);
}
