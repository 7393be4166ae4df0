#include "actors/cell/cell_actor.hpp"
#include "actors/cell/position_pack.hpp"
#include "protocol/journal.hpp"
#include "tests/unit/actors/city_fixture.hpp"
#include "tests/unit/actors/city_map.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <cctype>

using namespace hansom;
using namespace hansom::testing;

namespace {

dispatch_config with_policy(match_policy x) {
  dispatch_config config;
  config.policy = x;
  return config;
}

/// Real cells; drivers and trips are played by the test.
struct cells : city_fixture {
  explicit cells(dispatch_config config = with_policy(match_policy::batch),
                 position_port* listener = nullptr)
    : city_fixture{config}, level{config.cell_level} {
    positions = listener;
    real(entity_kind::cell, spawn_cell);
    boot();
  }

  [[nodiscard]] cell_id home(geo_point at) const {
    return cell_of(at, level);
  }
  static driver_id driver(char name) {
    return driver_id{static_cast<std::uint64_t>(name)};
  }
  static trip_id trip(char name) {
    return trip_id{static_cast<std::uint64_t>(name)};
  }

  void tell_status(char name, geo_point at, standing now_is,
                   milliseconds age = 0ms) {
    driver_status x;
    x.driver = driver(name);
    x.now = now_is;
    x.at = at;
    x.time = now() - age;
    x.free_since = now();
    x.rev = ++revs[name];
    node().send(home(at), x);
  }
  void tell_free(char name, geo_point at, milliseconds age = 0ms) {
    tell_status(name, at, standing::free, age);
  }

  void request(char name, geo_point pickup, milliseconds waited = 0ms,
               std::uint32_t rev = 1, std::vector<driver_id> excluded = {}) {
    want_driver x;
    x.trip = trip(name);
    x.rider = rider_id{1};
    x.pickup = pickup;
    x.dropoff = union_square;
    x.requested_at = now() - waited;
    x.rev = rev;
    x.excluded = std::move(excluded);
    node().send(home(pickup), x);
  }

  /// Puts everybody on the map: drivers first, then requests.
  void populate(const city_map& map) {
    for (auto& [name, at] : map.places())
      if (std::isalpha(static_cast<unsigned char>(name)))
        tell_free(name, at);
    settle();
    for (auto& [name, at] : map.places())
      if (std::isdigit(static_cast<unsigned char>(name)))
        request(name, at);
  }

  /// @returns all proposals so far, as "1a 2b": trip 1 to driver a.
  [[nodiscard]] std::string proposals() const {
    std::string out;
    for (auto& [who, x] : stand_ins->of<offer_proposal>()) {
      if (!out.empty())
        out += ' ';
      out += static_cast<char>(x.trip.value);
      out += static_cast<char>(who.id);
    }
    return out;
  }

  template <class Question>
  nlohmann::json ask(geo_point at, Question what) {
    auto actor = node().entities().find(home(at));
    REQUIRE(actor);
    caf::scoped_actor self{system()};
    auto answer = self->request(actor, caf::infinite, what);
    settle();
    std::string text;
    answer.receive([&](std::string& x) { text = std::move(x); },
                   [](caf::error& e) { FAIL("no answer: ", e.code()); });
    return text.empty() ? nlohmann::json{} : nlohmann::json::parse(text);
  }

  quote_terms quote(geo_point at) {
    client_ref from{session(9), rider_id{77}, "q" + std::to_string(++quotes_)};
    node().send(home(at), from, quote_ask{at, union_square, {}});
    settle();
    auto replies = clients->replies(from.command);
    REQUIRE(replies.size() == 1);
    auto body = nlohmann::json::parse(replies[0]);
    REQUIRE(body["type"] == "quote");
    quote_terms terms;
    REQUIRE(quotes->verify(body["quote"].get<std::string>(), rider_id{77},
                           now(), terms)
            == error_code::none);
    CHECK(terms.surge_milli == body["surge_milli"]);
    CHECK(terms.fare.minor == body["fare"]["minor"]);
    return terms;
  }

  int level;
  std::map<char, std::uint64_t> revs;
  int quotes_ = 0;
};

/// The middle of the cell that holds Times Square: maps below fit into it.
geo_point here(int level = dispatch_config{}.cell_level) {
  return centre(cell_of(times_square, level));
}

/// The middle of that cell's eastern border.
geo_point border() {
  auto corners = vertices(cell_of(times_square, dispatch_config{}.cell_level));
  std::sort(corners.begin(), corners.end(),
            [](auto& a, auto& b) { return a.lon_e7 > b.lon_e7; });
  return {(corners[0].lat_e7 + corners[1].lat_e7) / 2,
          (corners[0].lon_e7 + corners[1].lon_e7) / 2};
}

} // namespace

TEST_CASE("a lone request with ample supply is matched without a tick") {
  cells city;
  city_map map{here(), 50, {"a.....b", "..1....", "...c...", "d......"}};
  city.populate(map);
  city.settle(); // The clock stands still.
  CHECK(city.proposals() == "1c");
  auto x = city.stand_ins->of<offer_proposal>().front().second;
  CHECK(x.pickup == map['1']);
  CHECK(x.cell == city.home(map['1']));
  CHECK(x.eta_s > 0);
}

TEST_CASE("a batch makes fewer metres than first come, nearest") {
  // The driver between the requests is nearest to both.
  std::vector<std::string> rows{"a..1b2"};
  SUBCASE("in a batch each gets the one who costs all together least") {
    cells city;
    city.populate({here(), 100, rows});
    city.advance(6s);
    CHECK(city.proposals() == "1a 2b");
  }
  SUBCASE("first come, nearest sends the far one to the second") {
    cells city{with_policy(match_policy::first_come_nearest)};
    city.populate({here(), 100, rows});
    city.settle();
    CHECK(city.proposals() == "1b 2a");
  }
}

TEST_CASE("scarcity makes a cell gather requests, for 5 seconds at most") {
  cells city;
  city_map map{here(), 100, {"a...1"}};
  city.populate(map);
  city.advance(4s);
  CHECK(city.proposals().empty());
  city.advance(1100ms);
  CHECK(city.proposals() == "1a");
}

TEST_CASE("drivers beyond the border are found, and reserved but once") {
  cells city{with_policy(match_policy::first_come_nearest)};
  // The border runs between 1 and 2; both want the driver next to 2.
  city_map map{border(), 60, {"1..|.2a"}};
  REQUIRE(city.home(map['1']) != city.home(map['2']));
  auto holder = std::make_shared<trip_id>();
  city.stand_ins->script = [&city, holder](entity_ref who,
                                           const caf::message& what) {
    if (who.kind != entity_kind::driver)
      return;
    auto x = what.get_as<offer_proposal>(0);
    auto verdict =
      *holder ? proposal_verdict::not_free : proposal_verdict::held;
    if (!*holder)
      *holder = x.trip;
    city.node().send_urgent(
      x.cell, proposal_answer{x.trip, driver_id{who.id}, verdict});
  };
  city.populate(map);
  city.settle();
  // Each cell proposed him once; who was refused did not insist.
  auto tried = city.proposals();
  CHECK(
    (tried == "1a 2a" || tried == "2a 1a" || tried == "2a" || tried == "1a"));
  REQUIRE(*holder);
  city.tell_status('a', map['a'], standing::busy);
  city.advance(6s);
  // Another driver comes free: he is for the one who still waits.
  auto loser = *holder == cells::trip('1') ? '2' : '1';
  *holder = {};
  auto so_far = city.stand_ins->of<offer_proposal>().size();
  city.tell_free('b', map['a']);
  city.advance(6s);
  auto all = city.stand_ins->of<offer_proposal>();
  REQUIRE(all.size() == so_far + 1);
  CHECK(all.back().first == entity_ref{cells::driver('b')});
  CHECK(all.back().second.trip == cells::trip(loser));
}

TEST_CASE("a far driver is found ring by ring, and one out of reach is not") {
  cells city{with_policy(match_policy::first_come_nearest)};
  SUBCASE("3 km away") {
    city_map map{times_square, 1000, {"1..a"}};
    city.populate(map);
    city.settle();
    CHECK(city.proposals() == "1a");
  }
  SUBCASE("just outside of the first circle, in a cell that it touches") {
    city_map map{border(), 100, {".....1..|.......a"}};
    REQUIRE(city.home(map['1']) != city.home(map['a']));
    city.populate(map);
    // One driver for one request is scarce: the longest window, then a match
    // in the same round.
    city.advance(dispatch_config{}.window.longest + 100ms);
    CHECK(city.proposals() == "1a");
  }
  SUBCASE("5 km away") {
    city_map map{times_square, 1000, {"1....a"}};
    city.populate(map);
    city.advance(30s);
    CHECK(city.proposals().empty());
    // It asks every few seconds, not in every tick.
    auto figures = city.ask(map['1'], describe{})["figures"];
    CHECK(figures["borrows_sent"] <= 7 * 64);
  }
}

TEST_CASE("nobody waits for ever while later requests are served") {
  city_map map{here(), 100, {"1......a2"}};
  SUBCASE("after 10 seconds the nearer one still wins") {
    cells city;
    city.tell_free('a', map['a']);
    city.request('1', map['1'], 10s);
    city.request('2', map['2']);
    city.advance(6s);
    CHECK(city.proposals() == "2a");
  }
  SUBCASE("after 90 seconds the longest wait wins") {
    cells city;
    city.tell_free('a', map['a']);
    city.request('1', map['1'], 91s);
    city.request('2', map['2']);
    city.advance(6s);
    CHECK(city.proposals() == "1a");
  }
}

TEST_CASE("who declined a trip is not proposed for it again") {
  cells city{with_policy(match_policy::first_come_nearest)};
  city_map map{here(), 100, {"a1..b"}};
  city.populate(map);
  city.settle();
  REQUIRE(city.proposals() == "1a");
  // Repetitions of what the cell knows change nothing.
  city.request('1', map['1']);
  city.advance(10s);
  REQUIRE(city.proposals() == "1a");
  city.request('1', map['1'], 10s, 2, {cells::driver('a')});
  city.settle();
  CHECK(city.proposals() == "1a 1b");
}

TEST_CASE("a proposal that nobody answers is not waited for without end") {
  cells city{with_policy(match_policy::first_come_nearest)};
  city_map map{here(), 100, {"a1"}};
  city.populate(map);
  city.advance(20s);
  REQUIRE(city.proposals() == "1a");
  city.tell_free('a', map['a']); // He is alive and free.
  city.advance(6s);
  CHECK(city.proposals() == "1a 1a");
}

TEST_CASE("a trip that ends is forgotten, late repetitions too") {
  cells city;
  city_map map{here(), 100, {"1"}};
  city.populate(map);
  city.settle();
  city.node().send(city.home(map['1']), unwant_driver{cells::trip('1'), false});
  city.request('1', map['1']);
  city.tell_free('a', map['1']);
  city.advance(10s);
  CHECK(city.proposals().empty());
}

TEST_CASE("a stale position is not used, and the explanation says so") {
  cells city{with_policy(match_policy::first_come_nearest)};
  city_map map{here(), 100, {"a1...b"}};
  city.tell_free('a', map['a'], 31s);
  city.tell_free('b', map['b']);
  city.request('1', map['1']);
  city.settle();
  CHECK(city.proposals() == "1b");
  auto why = city.ask(map['1'], explain{cells::trip('1')});
  REQUIRE(why["drivers"].size() == 2);
  CHECK(why["policy"] == "first-come-nearest");
  CHECK(why["waiting"] == 1);
  CHECK(why["drivers"][0]["driver"] == to_string(cells::driver('b')));
  CHECK(why["drivers"][0]["verdict"] == "chosen");
  CHECK(why["drivers"][0]["eta_s"] > 0);
  CHECK(why["drivers"][1]["driver"] == to_string(cells::driver('a')));
  CHECK(why["drivers"][1]["verdict"] == "gated");
  CHECK(why["drivers"][1]["why"] == "stale_position");
  CHECK(city.ask(map['1'], explain{cells::trip('9')}).is_null());
}

TEST_CASE("a cell follows the packed positions of its own drivers") {
  cells city{with_policy(match_policy::first_come_nearest)};
  city_map map{here(), 100, {"a.1..b", "x....."}};
  city.tell_free('a', map['a']);
  city.tell_free('b', map['b']);
  city.advance(1s);
  position_batch batch;
  pack(batch.packed, {cells::driver('a'), map['b'], city.now(), 0});
  pack(batch.packed, {cells::driver('b'), map['1'], city.now(), 0});
  pack(batch.packed, {cells::driver('z'), map['1'], city.now(), 0});
  city.node().send(city.home(map['1']), batch);
  city.settle();
  CHECK(city.node().drops().of(drop_reason::unknown_driver) == 1);
  batch.packed.pop_back();
  city.node().send(city.home(map['1']), batch);
  city.request('1', map['1']);
  city.settle();
  CHECK(city.proposals() == "1b");
  CHECK(city.node().drops().of(drop_reason::unexpected_message) == 1);
}

TEST_CASE("a listener hears of a cell's own drivers, until they are gone") {
  struct listener final : position_port {
    void moved(cell_id, std::string_view packed) override {
      unpack(packed, [&](const packed_position& x) {
        heard += static_cast<char>(x.driver.value);
      });
    }
    void gone(driver_id driver, cell_id) override {
      heard += '-';
      heard += static_cast<char>(driver.value);
    }
    std::string heard;
  } log;
  cells city{with_policy(match_policy::batch), &log};
  city_map map{here(), 100, {"a.1..b"}};
  city.tell_free('a', map['a']);
  city.tell_status('b', map['b'], standing::busy);
  auto drive = [&] {
    position_batch batch;
    for (auto who : {'a', 'z', 'b'})
      pack(batch.packed, {cells::driver(who), map['1'], city.now(), 0});
    city.node().send(city.home(map['1']), batch);
    city.settle();
  };
  drive();
  CHECK(log.heard == "ab");
  city.tell_status('a', map['a'], standing::gone);
  city.settle();
  drive();
  CHECK(log.heard == "ab-ab");
}

TEST_CASE("an older driver status changes nothing and is counted") {
  cells city{with_policy(match_policy::first_come_nearest)};
  city_map map{here(), 100, {"a1"}};
  city.revs['a'] = 5;
  city.tell_status('a', map['a'], standing::busy);
  city.revs['a'] = 3;
  city.tell_free('a', map['a']);
  city.request('1', map['1']);
  city.advance(6s);
  CHECK(city.proposals().empty());
  CHECK(city.node().drops().of(drop_reason::stale_status) == 1);
}

TEST_CASE("a soon-free driver is proposed from his drop-off, looking forward") {
  city_map map{here(), 100, {"a1......b"}};
  auto play = [&](match_policy policy) {
    cells city{with_policy(policy)};
    driver_status x;
    x.driver = cells::driver('a');
    x.now = standing::soon_free;
    x.at = map['a'];
    x.time = city.now();
    x.free_at = city.now() + 30s;
    x.rev = 1;
    city.node().send(city.home(x.at), x);
    city.tell_free('b', map['b']);
    city.request('1', map['1']);
    city.advance(6s);
    return city.stand_ins->of<offer_proposal>();
  };
  auto forward = play(match_policy::batch_forward);
  REQUIRE(forward.size() == 1);
  CHECK(forward[0].first == entity_ref{cells::driver('a')});
  CHECK(forward[0].second.queued);
  auto present = play(match_policy::batch);
  REQUIRE(present.size() == 1);
  CHECK(present[0].first == entity_ref{cells::driver('b')});
  CHECK_FALSE(present[0].second.queued);
}

TEST_CASE("a price changes for riders only once the change is durable") {
  dispatch_config config = with_policy(match_policy::batch);
  config.surge.half_life = 1ms;
  cells city{config};
  auto at = here();
  auto journal = [&] { return city.db().journal_of(city.home(at), 100); };
  city.tell_free('a', at);
  auto before = city.quote(at);
  CHECK(before.surge_milli == 1000);
  for (char x = '0'; x <= '9'; ++x)
    city.request(x, at);
  city.settle();

  auto loud = spdlog::get_level();
  spdlog::set_level(spdlog::level::off); // The store is gone on purpose.
  city.cut_store();
  for (int i = 0; i < 70; ++i) {
    city.advance(1s);
    city.tell_free('a', at);
  }
  CHECK(city.quote(at).surge_milli == 1000);
  CHECK(city.node().drops().of(drop_reason::commit_refused) > 0);
  city.cut_store(false);
  spdlog::set_level(loud);
  CHECK(journal().empty());

  for (int i = 0; i < 62; ++i) {
    city.advance(1s);
    city.tell_free('a', at);
  }
  auto rows = journal();
  REQUIRE(rows.size() == 1);
  surge_changed change;
  cell_event event{change};
  std::string why;
  REQUIRE(decode_event(rows[0].kind, rows[0].payload, event, why));
  change = std::get<surge_changed>(event);
  CHECK(change.from_milli == 1000);
  CHECK(change.to_milli == 1200); // One bounded step.
  CHECK(change.demand_milli == 10'000);
  CHECK(change.ratio_milli > 1000);
  auto after = city.quote(at);
  CHECK(after.surge_milli == 1200);
  CHECK(after.fare.minor > before.fare.minor);
  auto told = city.stand_ins->of<surge_news>();
  REQUIRE(told.size() == 1); // Nothing while the store was gone.
  CHECK(told[0].first == entity_ref{cells::driver('a')});
  CHECK(told[0].second.cell == city.home(at));
  CHECK(told[0].second.surge_milli == 1200);

  // The price and the numbering outlive the process.
  city.restart();
  CHECK(city.quote(at).surge_milli == 1200);
  for (int i = 0; i < 62; ++i)
    city.advance(1s);
  rows = journal();
  REQUIRE(rows.size() == 2);
  CHECK(rows[1].seq == 2);
  CHECK(city.quote(at).surge_milli == 1000);
}

TEST_CASE("nearby shows cars without saying exactly where, and not too many") {
  cells city;
  city_map map{here(), 60, {"abcde", "fg1hi", "jklmn"}};
  for (auto& [name, at] : map.places())
    if (name != '1')
      city.tell_free(name, at);
  client_ref from{session(9), rider_id{77}, "n"};
  city.node().send(city.home(map['1']), from, nearby_ask{map['1']});
  city.settle();
  auto replies = city.clients->replies("n");
  REQUIRE(replies.size() == 1);
  auto body = nlohmann::json::parse(replies[0]);
  CHECK(body["type"] == "nearby");
  REQUIRE(body["drivers"].size() == 8);
  for (auto& x : body["drivers"]) {
    CHECK(x.contains("driver") == false);
    auto lat_e7 = static_cast<std::int64_t>(
      std::llround(x["at"]["lat"].get<double>() * 1e7));
    CHECK(lat_e7 % 10'000 == 5'000);
  }
}

TEST_CASE("an empty cell leaves memory, one with life in it stays") {
  cells city;
  city_map map{here(), 100, {"a"}};
  city.tell_free('a', map['a']);
  auto home = city.home(map['a']);
  for (int i = 0; i < 30; ++i) {
    city.advance(20s);
    city.revs['a'] -= 1; // The same status, repeated.
    city.tell_free('a', map['a']);
  }
  CHECK(city.node().entities().find(home));
  CHECK(city.ask(map['a'], describe{})["free"] == 1);
  city.tell_status('a', map['a'], standing::gone);
  city.advance(500s);
  CHECK_FALSE(city.node().entities().find(home));
}
