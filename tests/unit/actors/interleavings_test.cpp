#include "tests/unit/actors/ride_fixture.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <set>

using namespace hansom;
using namespace hansom::testing;

namespace {

/// Walks all orders in which the actors can take their messages: each run
/// follows `path`, which then becomes the next one.
class all_orders {
public:
  void run(city_fixture& x) {
    widths_.clear();
    for (std::size_t i = 0; x.runnable() > 0; ++i) {
      if (i == path_.size())
        path_.push_back(0);
      widths_.push_back(x.runnable());
      x.step(path_[i]);
    }
    ++runs_;
  }

  bool next() {
    path_.resize(widths_.size());
    while (!path_.empty() && path_.back() + 1 >= widths_[path_.size() - 1])
      path_.pop_back();
    if (path_.empty())
      return false;
    ++path_.back();
    return true;
  }

  [[nodiscard]] std::size_t runs() const {
    return runs_;
  }

private:
  std::vector<std::size_t> path_;
  std::vector<std::size_t> widths_;
  std::size_t runs_ = 0;
};

void check_both_cancelled(ride_fixture& x, trip_id trip) {
  auto record = x.stored(trip);
  CHECK(record.phase == trip_phase::cancelled);
  CHECK(encode(x.folded(trip)) == encode(record));
  REQUIRE(x.clients->replies("rider").size() == 1);
  REQUIRE(x.clients->replies("driver").size() == 1);
  CHECK(has(x.clients->replies("rider")[0], "\"ack\""));
  auto events = x.events_of(trip);
  auto released =
    std::find(events.begin(), events.end(), "driver_released") != events.end();
  CHECK(has(x.clients->replies("driver")[0], "\"ack\"") == released);
  CHECK(has(x.last_push(ann, "trip"), "\"phase\":\"cancelled\""));
  CHECK(has(x.last_push(dan, "trip"),
            released ? "\"phase\":\"matching\"" : "\"phase\":\"cancelled\""));
  CHECK_FALSE(x.db().holder_of({store::claim_kind::driver, dan.value}));
  CHECK_FALSE(x.db().holder_of({store::claim_kind::rider, ann.value}));
}

/// @returns which of the two was first.
std::string check_accept_or_cancel(ride_fixture& x, trip_id trip) {
  CHECK(x.stored(trip).phase == trip_phase::cancelled);
  REQUIRE(x.clients->replies("yes").size() == 1);
  REQUIRE(x.clients->replies("no").size() == 1);
  auto accepted = has(x.clients->replies("yes")[0], "\"ack\"");
  CHECK(has(x.clients->replies("no")[0], "\"ack\""));
  CHECK(x.pushes(dan, "offer.withdrawn") == (accepted ? 0 : 1));
  CHECK_FALSE(x.db().holder_of({store::claim_kind::driver, dan.value}));
  // He is free for the next rider.
  x.connect(ben);
  x.offer(dan, x.ask_for_ride(ben));
  CHECK(x.pushes(dan, "offer") == 2);
  return accepted ? "accepted" : "withdrawn";
}

} // namespace

TEST_SUITE_BEGIN("interleavings");

TEST_CASE("rider and driver cancel at the same moment, in every order") {
  for (auto rider_first : {true, false}) {
    all_orders orders;
    do {
      ride_fixture x;
      auto trip = x.matched();
      if (rider_first)
        x.post(ann, "rider", trip_cancel{trip, {}});
      x.post(dan, "driver", trip_cancel{trip, {}});
      if (!rider_first)
        x.post(ann, "rider", trip_cancel{trip, {}});
      orders.run(x);
      check_both_cancelled(x, trip);
    } while (orders.runs() < 400 && orders.next());
    MESSAGE(orders.runs() << " orders");
    CHECK(orders.runs() > 1);
  }
}

TEST_CASE("accepting while the rider cancels, in every order") {
  std::set<std::string> outcomes;
  // The later the rider speaks, the farther the acceptance has come.
  for (std::size_t head_start = 0; head_start < 8; ++head_start) {
    all_orders orders;
    do {
      ride_fixture x;
      x.connect(ann);
      x.go_on_shift(dan);
      auto trip = x.ask_for_ride(ann);
      x.offer(dan, trip);
      x.post(dan, "yes", offer_accept{trip});
      for (std::size_t i = 0; i < head_start; ++i)
        x.step(0);
      x.post(ann, "no", trip_cancel{trip, {}});
      orders.run(x);
      outcomes.insert(check_accept_or_cancel(x, trip));
    } while (orders.runs() < 100 && orders.next());
  }
  CHECK(outcomes == std::set<std::string>{"accepted", "withdrawn"});
}

namespace {

/// A city in which anything may happen, driven by numbers. Remembers what each
/// client has said and heard.
class wild_city : public ride_fixture {
public:
  static constexpr std::size_t rider_count = 2;
  static constexpr std::size_t driver_count = 3;

  wild_city() {
    for (std::size_t i = 0; i < driver_count; ++i)
      go_on_shift(driver(i));
    for (std::size_t i = 0; i < rider_count; ++i)
      connect(rider(i));
    listen();
  }

  void act(std::uint32_t n) {
    auto what = n % 16;
    auto who = (n >> 4) % 4;
    auto which = (n >> 6) % 8;
    switch (what) {
    case 0:
    case 1:
      say_once(rider(who), ticket(rider(who), ++last_quote_));
      break;
    case 2:
    case 3:
    case 4:
      propose(driver(who), trip(which), (n >> 9) % 2);
      break;
    case 5:
    case 6:
      say_once(driver(who), offer_accept{trip(which)});
      break;
    case 7:
      declined_.insert({driver(who), trip(which)});
      say_once(driver(who), offer_decline{trip(which), {}});
      break;
    case 8:
      say_once(driver(who), trip_arrived{trip(which), times_square});
      say_once(driver(who), trip_start{trip(which)});
      break;
    case 9:
      say_once(driver(who), trip_complete{trip(which)});
      break;
    case 10:
      cancel(who, which, (n >> 9) % 2);
      break;
    case 11:
      say_again(n >> 4);
      break;
    case 12:
      shift(who, (n >> 9) % 2);
      break;
    case 13:
      connection(who, (n >> 9) % 2);
      break;
    case 14:
      disturb(n >> 4);
      break;
    default:
      tick(milliseconds{100 * ((n >> 4) % 256)});
    }
    for (auto steps = (n >> 12) % 16; steps > 0; --steps)
      step(n >> 8);
    listen();
  }

  /// Everything comes to rest; then every command must have its one answer.
  void finish() {
    cut_store(false);
    advance(12s); // Loads and trips that do not answer have their time limits.
    listen();
    for (auto& x : said_) {
      x.second.again();
      settle();
    }
    advance(12s);
    listen();
    for (auto& [id, x] : said_)
      if (x.answer.empty())
        RC_FAIL("no answer to " + id);
  }

  void check() {
    std::map<driver_id, int> present;
    std::map<driver_id, int> next;
    std::map<rider_id, int> riding;
    std::size_t completed = 0;
    db().scan_entities([&](const store::stored_entity& row) {
      if (row.entity.kind != entity_kind::trip)
        return;
      trip_id id{row.entity.id};
      auto record = stored(id);
      RC_ASSERT(encode(folded(id)) == encode(record));
      RC_ASSERT(row.active == !is_terminal(record.phase));
      if (has_driver(record.phase))
        ++(record.queued ? next : present)[record.driver];
      if (row.active)
        ++riding[record.rider];
      completed += record.phase == trip_phase::completed;
    });
    for (auto* counts : {&present, &next})
      for (auto& x : *counts)
        RC_ASSERT(x.second == 1);
    for (auto& x : riding)
      RC_ASSERT(x.second == 1);
    std::size_t fares = 0;
    for (auto& x : transfers())
      fares += x.key.rfind("fare/", 0) == 0;
    RC_ASSERT(fares == completed);
    for (auto& x : said_)
      if (has(x.second.answer, "\"ack\""))
        RC_ASSERT(db().find_command({x.second.client, x.first}).has_value());
  }

  [[nodiscard]] bool all_trips_end() {
    auto result = true;
    db().scan_entities([&](const store::stored_entity& row) {
      if (row.entity.kind != entity_kind::trip || !row.active)
        return;
      auto phase = stored(trip_id{row.entity.id}).phase;
      // Only the driver can end a ride whose rider is in or at the car.
      result =
        result
        && (phase == trip_phase::arrived || phase == trip_phase::on_trip);
    });
    return result;
  }

  [[nodiscard]] bool happened(std::string_view kind) {
    auto result = false;
    db().scan_journal([&](const store::journal_row& row) {
      result = result || row.kind == kind;
    });
    return result;
  }

private:
  struct saying {
    entity_ref client;
    std::function<void()> again;
    std::string answer;
  };

  static rider_id rider(std::size_t n) {
    return {1 + n % rider_count};
  }
  static driver_id driver(std::size_t n) {
    return {7 + n % driver_count};
  }
  trip_id trip(std::size_t n) {
    return trips_.empty()
             ? trip_id{0x77}
             : trips_[trips_.size() - 1
                      - n % std::min<std::size_t>(trips_.size(), 3)];
  }

  template <class Command>
  void say_once(entity_ref who, Command x) {
    auto id = "c" + std::to_string(++last_command_);
    auto again = [this, who, id, x] { post(who, id, x); };
    said_[id] = {who, again, {}};
    again();
  }

  void say_again(std::uint32_t n) {
    if (said_.empty())
      return;
    auto at = said_.begin();
    std::advance(at, n % said_.size());
    at->second.again();
  }

  void cancel(std::size_t who, std::size_t which, bool by_driver) {
    if (by_driver)
      say_once(driver(who), trip_cancel{trip(which), {}});
    else
      say_once(rider(who), trip_cancel{trip(which), {}});
  }

  void shift(std::size_t who, bool start) {
    if (start)
      say_once(driver(who), shift_start{});
    else
      say_once(driver(who), shift_end{});
  }

  void connection(std::size_t who, bool up) {
    if (!up)
      open_.erase(driver(who));
    if (up)
      node().send(driver(who), attach{session_of(driver(who)), "phone"});
    else
      node().send(driver(who), detach{session_of(driver(who))});
  }

  void disturb(std::uint32_t n) {
    if (n % 4 == 0)
      return cut_store();
    if (n % 4 < 3)
      return cut_store(false);
    listen();
    restart();
    heard_ = 0;
    open_.clear();
    for (std::size_t i = 0; i < driver_count; ++i)
      node().send(driver(i), attach{session_of(driver(i)), "phone"});
  }

  /// Reads what clients have been told since the last time.
  void listen() {
    for (; heard_ < clients->frames.size(); ++heard_) {
      auto& x = clients->frames[heard_];
      if (x.how == delivery::reply)
        take_answer(x);
      else
        take_push(x);
    }
  }

  void take_answer(const client_frame& x) {
    auto said = said_.find(x.re);
    if (said == said_.end())
      return;
    auto& before = said->second.answer;
    // What is acknowledged stays acknowledged, word for word; only that the
    // store cannot be asked may come between.
    if (has(before, "\"ack\"")) {
      if (!has(x.body, "\"temporary\":true"))
        RC_ASSERT(before == x.body);
      return;
    }
    before = x.body;
    if (auto id = trip_in(x.body);
        id && has(x.body, "\"ack\"")
        && said->second.client.kind == entity_kind::rider
        && std::find(trips_.begin(), trips_.end(), id) == trips_.end())
      trips_.push_back(id);
  }

  void take_push(const client_frame& x) {
    for (std::size_t i = 0; i < driver_count; ++i) {
      auto who = driver(i);
      if (x.to != session_of(who))
        continue;
      if (has(x.body, "\"welcome\""))
        open_.erase(who); // The full truth comes anew.
      auto trip = trip_in(x.body);
      auto open = open_.find(who);
      if (has(x.body, "{\"type\":\"offer\"")) {
        if (open != open_.end() && !declined_.count({who, open->second}))
          RC_FAIL("two live offers for one driver");
        open_[who] = trip;
      } else if (open != open_.end() && open->second == trip) {
        open_.erase(open);
      }
      // Revisions never go back.
      if (has(x.body, "{\"type\":\"trip\"")) {
        auto rev = std::stoul(x.body.substr(x.body.find("\"rev\":") + 6));
        auto& last = seen_[{who, trip}];
        RC_ASSERT(rev >= last);
        last = rev;
      }
    }
  }

  std::vector<trip_id> trips_;
  std::map<std::string, saying> said_;
  std::map<driver_id, trip_id> open_;
  std::map<std::pair<driver_id, trip_id>, unsigned long> seen_;
  std::set<std::pair<driver_id, trip_id>> declined_;
  std::size_t heard_ = 0;
  std::uint64_t last_quote_ = 0;
  std::uint64_t last_command_ = 0;
};

} // namespace

TEST_CASE("whatever happens in whatever order, the promises hold") {
  auto any = rc::gen::container<std::vector<std::uint32_t>>(
    rc::gen::inRange<std::uint32_t>(0, 0x1000'0000));
  CHECK(rc::check("wild city", [&] {
    auto script = *rc::gen::scale(2.0, any);
    wild_city x;
    for (auto n : script)
      x.act(n);
    x.finish();
    x.check();
    x.advance(310s);
    RC_ASSERT(x.all_trips_end());
    for (auto kind : {"trip_assigned", "trip_promoted", "driver_released",
                      "trip_completed", "trip_cancelled"})
      RC_CLASSIFY(x.happened(kind), kind);
  }));
}

TEST_SUITE_END();
