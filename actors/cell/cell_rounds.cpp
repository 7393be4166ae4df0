/// How a cell pairs requests and drivers: a round is gathered, looks around
/// among its neighbours, is solved and proposes.

#include "actors/cell/cell_state.hpp"

#include <algorithm>
#include <map>

namespace hansom {

// -- rounds -------------------------------------------------------------------

/// Looks whether a round is due, and if not, when.
void cell_state::consider() {
  if (round_ || requests_.open_count() == 0)
    return;
  // Requests that were left over are tried again, but not in a hurry.
  auto due =
    gathering_since_
    + (news_ ? window() : std::max(config().window.longest, left_over_wait));
  if (due <= now())
    begin_round(false);
  else
    ring_round_at(due);
}

/// How long the present batch gathers.
milliseconds cell_state::window() const {
  if (config().policy == match_policy::first_come_nearest)
    return milliseconds{0};
  // How many drivers are near is learned by asking: a look now costs less than
  // a rider's needless wait.
  if (now() - supply_known_ > config().window.longest)
    return milliseconds{0};
  return match_window(requests_.open_count(), supply_, config().window);
}

void cell_state::ring_round_at(timestamp due) {
  if (ring_at_ && ring_at_ <= due)
    return;
  ring_at_ = due;
  node_.set_alarm(cell_, token(bell::round, ++ring_number_), due);
}

void cell_state::round_rang() {
  ring_at_ = {};
  if (round_ || requests_.open_count() == 0)
    return;
  if (auto due = gathering_since_ + window(); due > now() && news_)
    ring_round_at(due); // Others have joined; the window has grown.
  else
    begin_round(true);
}

void cell_state::begin_round(bool whatever_window) {
  solve_whatever_window_ = whatever_window;
  news_ = false;
  auto open = requests_.open();
  if (open.size() > config().batch_max)
    open.resize(config().batch_max);
  round_.emplace(config(), node_.eta(), cell_, ++last_round_, now());
  for (auto* x : open)
    round_->add(*x);
  covered_.assign(open.size(), {});
  round_->look(drivers_, requests_);
  search_on();
}

/// Asks neighbours while that can help, then closes.
void cell_state::search_on() {
  if (!ask_neighbours())
    close_round();
}

/// @returns metres around request `i` in which neighbours may have drivers
///          better than those known; 0 when there is no need to look.
std::uint32_t cell_state::circle_for(std::size_t i, std::uint32_t searched) {
  auto widest = config().gates.max_pickup_radius_m;
  if (auto reach = round_->reach(i))
    return std::min(*reach, widest);
  if (searched == 0)
    return std::min(first_radius_m, widest);
  // Nobody there: twice as far, up to the limit.
  return std::min(round_->found(i) == 0 ? searched * 2 : searched, widest);
}

bool cell_state::ask_neighbours() {
  std::map<cell_id, borrow> letters;
  for (std::size_t i = 0; i < round_->size(); ++i) {
    auto* x = requests_.find(round_->request(i).trip);
    if (x == nullptr || x->proposed_to || now() < x->search_again)
      continue;
    auto searched = x->radius_m;
    auto radius = circle_for(i, searched);
    auto wrote = write_to(i, radius, letters);
    // A wider circle may touch no other cell yet; a still wider one will.
    while (!wrote && round_->found(i) == 0 && radius != searched) {
      searched = radius;
      radius = circle_for(i, searched);
      wrote = write_to(i, radius, letters);
    }
    auto in_vain = !wrote && round_->found(i) == 0;
    requests_.searched(x->want.trip, radius,
                       in_vain ? now() + search_pause : timestamp{});
  }
  for (auto& [cell, letter] : letters) {
    letter.from = cell_;
    letter.round = round_->number();
    letter.k = static_cast<std::uint16_t>(round_->wanted());
    asked_.insert(cell);
    node_.send_urgent(cell, std::move(letter));
  }
  figures_.borrows_sent += letters.size();
  if (letters.empty())
    return false;
  node_.set_alarm(cell_, token(bell::lend, round_->number()),
                  now() + lend_timeout);
  return true;
}

/// Puts request `i` into the letters to the cells that a circle touches and
/// that have not been asked for it in this round.
/// @returns whether there was one.
bool cell_state::write_to(std::size_t i, std::uint32_t radius_m,
                          std::map<cell_id, borrow>& letters) {
  if (!around_)
    around_.emplace(cell_, config().gates.max_pickup_radius_m);
  auto& request = round_->request(i);
  auto& covered = covered_[i];
  auto any = false;
  around_->for_each_within(request.pickup, radius_m, [&](cell_id cell) {
    if (covered.size() >= config().cover_cells_max
        || std::find(covered.begin(), covered.end(), cell) != covered.end())
      return;
    covered.push_back(cell);
    any = true;
    auto& letter = letters[cell];
    // The circle decides whom to ask. Who is asked tells all that he has: a
    // driver just outside of the circle may be the only one.
    letter.radius_m = config().gates.max_pickup_radius_m;
    letter.items.push_back({request.trip, request.pickup, request.service,
                            request.waiting_since, request.closed});
  });
  return any;
}

void cell_state::close_round() {
  asked_.clear();
  supply_ = std::max(round_->supply(), drivers_.free().size());
  supply_known_ = now();
  if (!solve_whatever_window_ && gathering_since_ + window() > now()) {
    // More requests may come; they will be looked at together.
    round_.reset();
    news_ = true;
    ring_round_at(gathering_since_ + window());
    return;
  }
  auto outcome = round_->solve();
  figures_.last_round_ms = (now() - round_->began()).count();
  figures_.last_round_requests = round_->size();
  figures_.last_round_drivers = round_->supply();
  figures_.last_round_pairs = outcome.pairs.size();
  figures_.last_round_at = now();
  ++figures_.rounds;
  observe_round(outcome.pairs.size());
  round_.reset();
  for (auto& why : outcome.why)
    explained_.put(std::move(why));
  for (auto& x : outcome.pairs)
    propose(x);
  supply_ -= std::min(supply_, outcome.pairs.size());
  gathering_since_ = now();
  consider();
}

/// One span a round: the child of the first recorded search in it, linked to
/// the others.
void cell_state::observe_round(std::size_t pairs) {
  auto took = std::max<std::int64_t>((now() - round_->began()).count(), 0);
  auto& to = node_.rides();
  to.round_ms.add(static_cast<std::uint64_t>(took));
  to.round_requests.add(round_->size());
  to.round_candidates.add(round_->supply());
  ride_figures::raise(to.pairs, pairs);
  if (node_.spans() == nullptr)
    return;
  std::vector<trace_context> searches;
  for (std::size_t i = 0; i < round_->size(); ++i)
    if (auto* x = requests_.find(round_->request(i).trip); x && x->want.trace)
      searches.push_back(x->want.trace);
  if (searches.empty())
    return;
  auto round = begin_span(node_.spans(), searches.front());
  round.began_ns -= took * 1'000'000;
  end_span(node_.spans(), round, [&] {
    finished_span x;
    x.name = "match round";
    x.tags = {
      {"hansom.cell", to_string(cell_)},
      {"hansom.round.requests", static_cast<std::int64_t>(round_->size())},
      {"hansom.round.candidates", static_cast<std::int64_t>(round_->supply())},
      {"hansom.round.pairs", static_cast<std::int64_t>(pairs)}};
    x.links.assign(searches.begin() + 1, searches.end());
    return x;
  });
}

void cell_state::propose(const match_pairing& x) {
  auto* request = requests_.find(x.trip);
  // It may have ended, or lost this driver, while neighbours were asked.
  if (request == nullptr || request->proposed_to
      || requests_.is_proposed(x.driver))
    return;
  auto& want = request->want;
  if (std::find(want.excluded.begin(), want.excluded.end(), x.driver)
      != want.excluded.end())
    return;
  auto until = now() + config().offer_timeout + lost_after;
  requests_.proposed(x.trip, x.driver, until);
  ++figures_.proposals;
  node_.set_alarm(cell_, token(bell::guard, 0), until);
  node_.send_urgent(x.driver,
                    offer_proposal{cell_, x.trip, want.pickup, want.dropoff,
                                   want.service, want.fare, x.eta_s,
                                   x.distance_m, x.queued});
}

// -- neighbours ---------------------------------------------------------------

void cell_state::borrowed(const borrow& x) {
  ++figures_.borrows_served;
  lend answer{cell_, x.round, {}};
  answer.drivers = drivers_to_lend(x, drivers_, requests_, config(), now());
  node_.send_urgent(x.from, std::move(answer));
}

void cell_state::lent(const lend& x) {
  if (!round_ || x.round != round_->number() || asked_.erase(x.from) == 0) {
    ++figures_.late_lends;
    node_.drops().count(drop_reason::lend_too_late);
    return;
  }
  round_->take(x.drivers, drivers_, requests_);
  if (asked_.empty())
    search_on();
}

void cell_state::hint(const surge_hint& x) {
  surge_.hear(x);
}

} // namespace hansom
