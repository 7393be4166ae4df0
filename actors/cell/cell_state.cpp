#include "actors/cell/cell_state.hpp"

#include "actors/cell/cell_cover.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace hansom {

cell_state::cell_state(runtime& node, cell_id cell, const cell_record& stored)
  : node_{node}, cell_{cell}, epoch_{node.epoch_of(shard_of(cell))},
    drivers_{bounding_box(cell), node.config().index_bucket_m},
    surge_{node.config().surge, stored}, explained_{
                                           node.config().explained_trips_max} {
}

cell_state::~cell_state() {
  if (surge_.in_flight())
    node_.answered(shard_of(cell_)); // Nobody waits for it any more.
}

void cell_state::start() {
  // Lends of an earlier life of this cell must not fit a round of this one.
  last_round_ = static_cast<std::uint64_t>(now().ms) << 8;
  busy_at_ = now();
  // Cells must not all update in the same tick.
  auto every = std::max<std::int64_t>(config().surge.update_every.count(), 1);
  auto offset = static_cast<std::int64_t>(mix64(cell_.value) >> 1) % every;
  node_.set_alarm(cell_, token(bell::update, ++update_number_),
                  now() + milliseconds{offset + 1});
}

// -- drivers ------------------------------------------------------------------

void cell_state::positions(const position_batch& x) {
  std::uint64_t known = 0;
  std::uint64_t unknown = 0;
  auto* listener = node_.positions();
  std::string taken;
  if (listener != nullptr)
    taken.reserve(x.packed.size());
  auto fine = unpack(x.packed, [&](const packed_position& p) {
    auto is_known = drivers_.move(p);
    ++(is_known ? known : unknown);
    if (is_known && listener != nullptr)
      pack(taken, p);
  });
  if (!taken.empty())
    listener->moved(cell_, taken);
  if (!fine) {
    node_.drops().count(drop_reason::unexpected_message);
    return;
  }
  figures_.positions += known;
  if (unknown != 0) {
    figures_.unknown_positions += unknown;
    node_.drops().count(drop_reason::unknown_driver, unknown);
  }
}

void cell_state::status(const driver_status& x) {
  using outcome = driver_books::outcome;
  busy_at_ = now();
  auto noted = drivers_.note(x, now());
  if (x.now == standing::gone && noted == outcome::noted)
    if (auto* listener = node_.positions())
      listener->gone(x.driver, cell_);
  switch (noted) {
  case outcome::noted:
    return;
  case outcome::stale:
    ++figures_.stale_statuses;
    node_.drops().count(drop_reason::stale_status);
    return;
  case outcome::full:
    ++figures_.refused_full;
    node_.drops().count(drop_reason::cell_full);
    return;
  case outcome::freed:
    ++supply_;
    news_ = true;
    consider();
    return;
  }
}

// -- requests -----------------------------------------------------------------

void cell_state::want(const want_driver& x) {
  using outcome = request_book::outcome;
  busy_at_ = now();
  switch (requests_.want(x, now())) {
  case outcome::fresh:
    surge_.demanded(now());
    [[fallthrough]];
  case outcome::reopened:
    if (requests_.open_count() == 1)
      gathering_since_ = now();
    news_ = true;
    consider();
    return;
  case outcome::known:
  case outcome::stale:
    return;
  case outcome::full:
    ++figures_.refused_full;
    node_.drops().count(drop_reason::cell_full);
    return;
  }
}

void cell_state::unwant(const unwant_driver& x) {
  busy_at_ = now();
  if (x.matched)
    requests_.unwant(x.trip);
  else // It begins the same search anew, under the same revision.
    requests_.forget(x.trip);
}

void cell_state::answered(const proposal_answer& x) {
  if (x.verdict == proposal_verdict::held)
    return;
  ++figures_.refusals;
  drivers_.shun(x.driver, now() + shun_for);
  explained_.refused(x.trip, x.driver);
  if (!requests_.refused(x.trip, x.driver))
    return;
  // This request has had its window.
  if (!round_)
    begin_round(true);
  else
    news_ = true;
}

// -- time and journal ---------------------------------------------------------

void cell_state::alarm(std::uint64_t which) {
  switch (static_cast<bell>(which >> 56)) {
  case bell::round:
    if (which == token(bell::round, ring_number_))
      round_rang();
    return;
  case bell::lend:
    if (round_ && which == token(bell::lend, round_->number()))
      close_round();
    return;
  case bell::guard:
    if (auto n = requests_.reopen_lost(now())) {
      figures_.lost_proposals += n;
      news_ = true;
      consider();
    }
    return;
  case bell::update:
    if (which == token(bell::update, update_number_))
      update();
    return;
  }
}

void cell_state::update() {
  node_.set_alarm(cell_, token(bell::update, ++update_number_),
                  now() + config().surge.update_every);
  drivers_.forget_silent(now());
  requests_.forget_silent(now() - config().match_timeout
                          - milliseconds{60'000});
  if (drivers_.size() != 0 || requests_.size() != 0)
    busy_at_ = now();
  auto supply = drivers_.fresh(now(), config().gates.position_max_age);
  change_ = surge_.update(supply, now());
  node_.cells().set(cell_,
                    {surge_.price_milli(), static_cast<std::uint32_t>(supply),
                     static_cast<std::uint32_t>(requests_.open_count())});
  // Only cells with life in them speak: silence must not wake the whole earth,
  // neighbour by neighbour.
  if (surge_.state().demand_milli == 0 && surge_.state().supply_milli == 0)
    return;
  for (auto cell : neighbours(cell_))
    node_.send(cell, surge_hint{cell_, surge_.state().own_ratio_milli, now()});
}

std::optional<commit_request> cell_state::take_commit() {
  if (!change_)
    return std::nullopt;
  auto event = cell_event{*change_};
  change_.reset();
  auto shard = shard_of(cell_);
  commit_request x;
  x.what.entity = cell_;
  x.what.shard = shard;
  x.what.claimed_epoch = epoch_;
  x.what.first_seq = surge_.next().rev;
  x.what.at = now();
  x.what.events.push_back(
    {std::string{event_name(event)}, encode_event(event)});
  x.what.state = encode(surge_.next());
  x.what.active = false; // Loaded when somebody needs the cell.
  x.token = ++commit_token_;
  node_.asked(shard);
  x.urgent = false;
  return x;
}

bool cell_state::committed(const commit_result& x) {
  if (x.token != commit_token_ || !surge_.in_flight())
    return true;
  node_.answered(shard_of(cell_));
  using store::outcome;
  surge_.settle(x.result.what == outcome::committed);
  switch (x.result.what) {
  case outcome::committed:
    return true;
  case outcome::stale_epoch:
    node_.drops().count(drop_reason::commit_stale_epoch);
    return true;
  case outcome::sequence_conflict:
    spdlog::error("cell {}: the journal is ahead of the cell; loading anew",
                  to_string(cell_));
    node_.drops().count(drop_reason::commit_refused);
    return false;
  default:
    // The old price stays; the next update tries again.
    node_.drops().count(drop_reason::commit_refused);
    return true;
  }
}

bool cell_state::may_leave() const {
  return requests_.size() == 0 && !round_ && !surge_.in_flight();
}

bool cell_state::is_idle() const {
  return may_leave() && drivers_.size() == 0 && surge_.is_quiet(now())
         && now() - busy_at_ >= config().cell_idle;
}

} // namespace hansom
