#include "bench/simulate/world.hpp"

#include "actors/cell/cell_actor.hpp"
#include "actors/cell/cell_cover.hpp"
#include "actors/driver/driver_actor.hpp"
#include "actors/rider/rider_actor.hpp"
#include "actors/trip/trip_actor.hpp"

#include <algorithm>

namespace hansom::simulate {

namespace {

/// Sunday, 1 September 2013, as the city's clocks show it.
constexpr timestamp first_midnight{1'377'993'600'000};

session_ref session(std::uint64_t n) {
  return {1, 0, n};
}

} // namespace

world::world(const simulate_options& options,
             const std::vector<fleet::ride_wish>& wishes)
  : options_{options}, config_{options.config}, chance_{options.seed, 0},
    midnight_{first_midnight} {
  auto begin = options.hours.from * 3600;
  now_ = midnight_ + seconds(begin) - warm_up;
  boot();
  for (auto& x : wishes) {
    auto who = static_cast<std::uint32_t>(riders_.size());
    auto when = midnight_ + seconds(x.at_s);
    riders_.push_back({x.pickup, x.dropoff, when});
    at(when, due::what::request, who);
  }
  open_riders_ = riders_.size();
  sum_.requests = riders_.size();
  sum_.policy = to_string(config_.policy);
  place_drivers(wishes);
}

world::~world() {
  node_->stop();
  for (auto* x : {&writer_, &reader_}) {
    caf::anon_send_exit(*x, caf::exit_reason::kill);
    *x = nullptr;
  }
  while (sched_->try_run_once())
    continue;
  node_.reset();
}

void world::boot() {
  system_config_.add_message_types<caf::id_block::hansom>();
  system_config_.set("scheduler.policy", caf::atom("testing"));
  system_ = std::make_unique<caf::actor_system>(system_config_);
  sched_ =
    dynamic_cast<caf::scheduler::test_coordinator*>(&system_->scheduler());
  db_ = store::make_sqlite_in_memory();
  auto connection = db_->open();
  connection->migrate();
  auto self = connection->start_incarnation("simulation", now_);
  writer_ = spawn_journal_writer(
    *system_, db_->open(), {}, std::make_shared<journal_writer_stats>(), false);
  reader_ = spawn_store_reader(*system_, db_->open(), false);
  runtime::parts parts;
  parts.config = config_;
  parts.quotes = std::make_shared<const quote_signer>(
    make_quote_key(1, "a simulated city's secret"));
  parts.seed = options_.seed;
  parts.incarnation = self;
  parts.wall_at_start = now_;
  parts.clients = &mail_;
  parts.writer = writer_;
  parts.reader = reader_;
  node_ = std::make_unique<runtime>(*system_, std::move(parts));
  node_->set_factory(entity_kind::driver, spawn_driver);
  node_->set_factory(entity_kind::rider, spawn_rider);
  node_->set_factory(entity_kind::trip, spawn_trip);
  node_->set_factory(entity_kind::cell, spawn_cell);
  node_->own(connection->claim_shards(self, now_));
  node_->start();
  settle();
}

/// Drivers begin where rides begin.
void world::place_drivers(const std::vector<fleet::ride_wish>& wishes) {
  for (std::uint32_t i = 0; i < options_.drivers; ++i) {
    auto& x = drivers_.emplace_back(options_.seed, i + 1);
    x.id = driver_id{i + 1};
    x.car.place(wishes.empty() ? options_.city.centre
                               : wishes[x.chance.below(wishes.size())].pickup);
    x.moved_until = now_;
    node_->send(x.id, attach{session(i + 1), "car"});
    node_->send(x.id, from(x.id, i + 1), shift_start{});
    at(now_ + seconds(x.chance.between(0.3, 4)), due::what::report, i);
  }
}

simulate_figures world::run() {
  auto end = midnight_ + seconds(options_.hours.to * 3600) + drain_max;
  while (open_riders_ > 0 && now_ < end)
    tick();
  return figures();
}

void world::at(timestamp when, due::what kind, std::uint32_t who) {
  agenda_.push({when, ++numbers_, who, kind});
}

void world::settle() {
  do {
    while (sched_->try_run_once())
      continue;
    read_mail();
  } while (sched_->has_job());
}

void world::tick() {
  now_ = now_ + step;
  sched_->advance_time(step);
  while (!agenda_.empty() && agenda_.top().at <= now_) {
    auto x = agenda_.top();
    agenda_.pop();
    happen(x);
  }
  for (auto& [cell, batch] : batches_)
    node_->send(cell, position_batch{std::move(batch)});
  batches_.clear();
  settle();
}

void world::happen(const due& x) {
  switch (x.kind) {
  case due::what::request:
    return ask_quote(x.who);
  case due::what::report:
    return report(x.who);
  case due::what::act:
    return act(x.who);
  case due::what::answer:
    return answer_offer(x.who);
  }
}

client_ref world::from(entity_ref who, std::uint64_t n) {
  return {session(n), who, "c" + std::to_string(++commands_)};
}

void world::read_mail() {
  while (!mail_.letters.empty() || !mail_.follows.empty()) {
    for (auto& [to, trip] : std::exchange(mail_.follows, {}))
      if (to.session < rider_sessions)
        drivers_[to.session - 1].follow = trip;
    for (auto& x : std::exchange(mail_.letters, {})) {
      fleet::server_frame frame;
      std::string why;
      auto is_driver = x.to.session < rider_sessions;
      if (!fleet::read_frame(x.body, is_driver, frame, why))
        throw std::logic_error{"the actors wrote " + x.body + ": " + why};
      sum_.errors += frame.kind == fleet::frame_kind::error;
      if (is_driver)
        read_driver(static_cast<std::uint32_t>(x.to.session - 1), frame);
      else
        read_rider(static_cast<std::uint32_t>(x.to.session - rider_sessions),
                   frame);
    }
  }
}

simulate_figures world::figures() const {
  auto x = sum_;
  x.unfinished = open_riders_;
  constexpr double per_s = 1000;
  x.wait_mean_s = waits_ms_.mean() / per_s;
  x.wait_p50_s = static_cast<double>(waits_ms_.percentile(0.5)) / per_s;
  x.wait_p95_s = static_cast<double>(waits_ms_.percentile(0.95)) / per_s;
  x.empty_m = x.served == 0 ? 0 : empty_m_ / static_cast<double>(x.served);
  return x;
}

} // namespace hansom::simulate
