#include "bench/fleet/fleet_thread.hpp"

#include "bench/fleet/fleet.hpp"
#include "bench/fleet/token.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace hansom::fleet {

namespace {

constexpr std::size_t late_max = 20'000;
constexpr std::int64_t token_ttl_s = 86'400;
constexpr double publish_every_s = 0.2;
/// After a storm everybody is on line again within this.
constexpr double storm_over_s = 60;

/// How many of `n` things the thread `number` of `threads` has.
std::uint32_t share(std::uint32_t n, std::uint32_t threads,
                    std::uint32_t number) {
  return n / threads + (number < n % threads);
}

} // namespace

history_file::history_file(const std::string& path) {
  if (path.empty())
    return;
  file_.open(path);
  if (!file_)
    throw std::runtime_error{path + ": the history cannot be written"};
}

void history_file::write(const std::string& line) {
  std::lock_guard guard{mutex_};
  if (file_.is_open())
    file_ << line << '\n';
}

double fleet_run::now() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began)
    .count();
}

fleet_thread::fleet_thread(fleet_run& shared, std::uint32_t number)
  : run_{shared}, number_{number},
    loop_{shared.to,
          share(shared.options->drivers, shared.options->threads, number)
            + share(shared.options->riders, shared.options->threads, number),
          mix64(shared.options->seed + number)},
    next_wish_{number} {
  options = shared.options;
  ledger = shared.ledger;
  roads = shared.roads;
  places = &shared.places;
  run = shared.name;
  if (options->storm_s > 0)
    storm_s_ = shared.serve_s + options->storm_s;
  people();
}

fleet_thread::~fleet_thread() = default;

void fleet_thread::people() {
  const auto& x = *run_.options;
  drivers_ = share(x.drivers, x.threads, number_);
  const auto riders = share(x.riders, x.threads, number_);
  scheduled_.resize(drivers_ + riders, client::never);
  const double ramp_s = (x.drivers + x.riders) / x.connects_per_s;
  for (std::uint32_t link = 0; link < drivers_ + riders; ++link) {
    const bool is_driver = link < drivers_;
    const auto nth = (is_driver ? link : link - drivers_) * x.threads + number_;
    random_stream random{x.seed, std::uint64_t{nth} * 2 + is_driver};
    if (is_driver) {
      const auto at = run_.places[random.below(run_.places.size())];
      clients_.push_back(std::make_unique<driver>(
        *this, link, driver_id{x.first_driver + nth}, at, random));
    } else {
      clients_.push_back(std::make_unique<rider>(
        *this, link, rider_id{x.first_rider + nth}, random));
      free_riders_.push_front(link);
    }
    // Drivers first: who calls early wants to find somebody.
    const double order = is_driver ? nth : x.drivers + nth;
    clients_.back()->start(ramp_s * order / (x.drivers + x.riders));
    schedule(link);
  }
}

// -- the thread ---------------------------------------------------------------

void fleet_thread::work() {
  while (run_.phase != run_phase::leaving) {
    draining = run_.phase != run_phase::serving;
    double next = published_s_ + publish_every_s;
    if (!appointments_.empty())
      next = std::min(next, appointments_.top().due);
    next = std::min(next, wish_due());
    const double wait = std::clamp(next - now(), 0.0, publish_every_s);
    loop_.poll(static_cast<int>(std::ceil(wait * 1000)), *this);
    keep_appointments();
    hand_out_wishes();
    storm();
    if (now() >= published_s_ + publish_every_s)
      publish();
  }
  for (auto& x : clients_)
    x->leave();
  publish();
}

void fleet_thread::schedule(std::uint32_t link) {
  const double due = clients_[link]->due();
  if (due >= scheduled_[link])
    return; // An earlier look at it will notice.
  scheduled_[link] = due;
  appointments_.push({due, link});
}

void fleet_thread::keep_appointments() {
  const double until = now();
  while (!appointments_.empty() && appointments_.top().due <= until) {
    const auto x = appointments_.top();
    appointments_.pop();
    if (scheduled_[x.link] != x.due)
      continue;
    scheduled_[x.link] = client::never;
    if (clients_[x.link]->due() <= until)
      clients_[x.link]->on_time();
    schedule(x.link);
  }
}

/// All drop off at once; counts how long it takes until the last is back.
void fleet_thread::storm() {
  if (now() >= storm_s_) {
    storm_s_ = client::never;
    storm_began_s_ = now();
    for (std::uint32_t link = 0; link < clients_.size(); ++link) {
      if (!clients_[link]->online())
        continue;
      clients_[link]->drop_off();
      dropped_.push_back(link);
      schedule(link);
    }
    stats.dropped_off = dropped_.size();
  }
  if (dropped_.empty())
    return;
  std::erase_if(dropped_, [&](auto x) { return clients_[x]->online(); });
  const double passed = now() - storm_began_s_;
  if (dropped_.empty()) {
    stats.storm_ms = static_cast<std::uint64_t>(passed * 1000);
  } else if (passed > storm_over_s) {
    stats.report({"storm",
                  std::to_string(dropped_.size()) + " of "
                    + std::to_string(stats.dropped_off)
                    + " are not back after 60 s",
                  clients_[dropped_.front()]->who(),
                  now(),
                  {}});
    dropped_.clear();
  }
}

void fleet_thread::publish() {
  published_s_ = now();
  stats.frames_in = loop_.count().frames_in;
  stats.frames_out = loop_.count().frames_out;
  std::uint32_t waiting = 0;
  for (std::size_t i = drivers_; i < clients_.size(); ++i)
    waiting += !clients_[i]->settled();
  unsettled_ = waiting;
  in_storm_ = storm_s_ != client::never || !dropped_.empty();
  wishes_done_ =
    late_.empty() && !run_.again && next_wish_ >= run_.wishes.size();
  std::lock_guard guard{mutex_};
  published_ = stats;
}

fleet_stats fleet_thread::snapshot() const {
  std::lock_guard guard{mutex_};
  return published_;
}

// -- wishes -------------------------------------------------------------------

double fleet_thread::wish_due() const {
  if (draining || next_wish_ >= run_.wishes.size())
    return client::never;
  return run_.serve_s
         + (cycle_s_ + run_.wishes[next_wish_].at_s
            - run_.options->hours.from * 3600)
             / run_.options->compression;
}

void fleet_thread::hand_out_wishes() {
  if (draining) {
    stats.late += late_.size();
    late_.clear();
    return;
  }
  while (wish_due() <= now()) {
    hand_out(run_.wishes[next_wish_]);
    next_wish_ += run_.options->threads;
    if (next_wish_ >= run_.wishes.size() && run_.again) {
      next_wish_ = number_;
      cycle_s_ += run_.span_s;
    }
  }
  while (!late_.empty()) {
    auto* who = free_rider();
    if (who == nullptr)
      return;
    who->take(late_.front());
    schedule(who->link());
    late_.pop_front();
  }
}

void fleet_thread::hand_out(const ride_wish& wish) {
  ++stats.wishes;
  auto* who = late_.empty() ? free_rider() : nullptr;
  if (who != nullptr) {
    who->take(wish);
    return schedule(who->link());
  }
  ++stats.waited;
  late_.push_back(wish);
  if (late_.size() <= late_max)
    return;
  late_.pop_front();
  ++stats.late;
}

rider* fleet_thread::free_rider() {
  // Bounded: those who are off the net go to the back.
  for (int tries = 0; tries < 32 && !free_riders_.empty(); ++tries) {
    const auto link = free_riders_.back();
    free_riders_.pop_back();
    auto* x = static_cast<rider*>(clients_[link].get());
    if (!x->is_free())
      continue; // Comes back by rider_free.
    if (x->settled())
      return x;
    free_riders_.push_front(link);
  }
  return nullptr;
}

// -- what clients ask for -----------------------------------------------------

void fleet_thread::open(std::uint32_t link, bool resuming,
                        std::uint32_t place) {
  loop_.open(link, resuming, place);
}

bool fleet_thread::send(std::uint32_t link, std::string_view text) {
  return loop_.send(link, text);
}

void fleet_thread::abort(std::uint32_t link) {
  loop_.abort(link);
}

void fleet_thread::close(std::uint32_t link) {
  loop_.close(link, 1000);
}

double fleet_thread::now() const {
  return run_.now();
}

timestamp fleet_thread::wall_clock() const {
  return {run_.wall_began_ms + static_cast<std::int64_t>(now() * 1000)};
}

std::string fleet_thread::token(entity_ref who) const {
  return make_token(run_.secret, to_string(who.kind), who.id,
                    wall_clock().ms / 1000, token_ttl_s);
}

void fleet_thread::rider_free(std::uint32_t link) {
  free_riders_.push_front(link);
}

void fleet_thread::promised(const std::string& line) {
  run_.history->write(line);
}

// -- what the sockets say -----------------------------------------------------

void fleet_thread::on_open(std::uint32_t link) {
  clients_[link]->on_open();
  schedule(link);
}

void fleet_thread::on_text(std::uint32_t link, std::string_view text) {
  clients_[link]->on_text(text);
  schedule(link);
}

void fleet_thread::on_closed(std::uint32_t link, std::uint16_t code,
                             std::string_view reason) {
  clients_[link]->on_closed(code, reason);
  schedule(link);
}

} // namespace hansom::fleet
