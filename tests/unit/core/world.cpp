#include "tests/unit/core/world_impl.hpp"

namespace hansom::tests {

namespace {

constexpr milliseconds tick_every{80};
constexpr milliseconds link_timeout{1500};

core::times times_of(const world_setup& x) {
  core::times t;
  t.drain = milliseconds{10'000};
  if (x.broken.no_silence)
    t.self = milliseconds{4500};
  return t;
}

} // namespace

world::world(const world_setup& with)
  : setup_{with}, rng_{with.seed}, store_{with.shards, !with.broken.no_fence} {
  machines_.resize(with.nodes);
  for (auto& x : machines_) {
    x.clock_offset = milliseconds{random(1'000'000)};
    x.clock_rate = 0.99 + static_cast<double>(random(21)) / 1000;
    x.cut_to.resize(with.nodes);
    x.bad_to.resize(with.nodes);
  }
  schedule(milliseconds{50}, [this] { watch_links(); });
  schedule(milliseconds{100}, [this] { client_asks(); });
}

world::~world() = default;

std::uint64_t world::random(std::uint64_t below) {
  return below == 0 ? 0 : rng_() % below;
}

milliseconds world::delay() {
  return milliseconds{setup_.calm ? 2 : 1 + random(4)};
}

void world::schedule(milliseconds after, std::function<void()> what) {
  events_.push({now_ + after, ++order_, std::move(what)});
}

void world::at(milliseconds t, std::function<void()> what) {
  events_.push({std::max(t, now_), ++order_, std::move(what)});
}

void world::run_until(milliseconds t) {
  while (!events_.empty() && events_.top().at <= t && violations.empty()) {
    auto next = events_.top();
    events_.pop();
    now_ = next.at;
    ++counts.events;
    next.what();
  }
  now_ = t;
}

void world::violate(const std::string& what) {
  violations.push_back("at " + std::to_string(now_.count()) + " ms: " + what);
}

std::size_t world::find(incarnation who) const {
  for (std::size_t i = 0; i < machines_.size(); ++i)
    if (machines_[i].runs && machines_[i].who == who)
      return i;
  return nobody;
}

bool world::runs(std::size_t i) const {
  return machines_[i].runs != nullptr;
}

const core::member& world::member_of(std::size_t i) const {
  return machines_[i].runs->brain;
}

std::size_t world::node_count() const {
  return machines_.size();
}

/// A process that is paused finds everything at once when it goes on.
void world::to_process(std::size_t i, incarnation who,
                       std::function<void()> what) {
  auto& m = machines_[i];
  if (!m.runs || m.who != who)
    return;
  if (m.paused_until <= now_ && m.deferred.empty())
    return what();
  if (m.deferred.empty())
    at(m.paused_until, [this, i, who] {
      auto& x = machines_[i];
      auto all = std::move(x.deferred);
      x.deferred.clear();
      for (auto& each : all)
        to_process(i, who, each);
    });
  m.deferred.push_back(std::move(what));
}

// -- processes ----------------------------------------------------------------

void world::start(std::size_t i, const std::string& version) {
  auto& m = machines_[i];
  m.version = version;
  m.starting = true;
  if (m.runs)
    return;
  if (!store_.up || m.store_cut) {
    schedule(milliseconds{500}, [this, i, version] { start(i, version); });
    return;
  }
  m.starting = false;
  m.paused_until = milliseconds{0};
  m.deferred.clear();
  auto name = "n" + std::to_string(i);
  m.who = store_.join(name, name + ":1", version);
  core::member::setup setup;
  setup.self = m.who;
  setup.with = times_of(setup_);
  setup.shards = setup_.shards;
  setup.expected_nodes = setup_.nodes;
  m.runs = std::make_unique<process>(setup, m.clock(now_));
  for (std::size_t j = 0; j < machines_.size(); ++j)
    joined_[{std::min(i, j), std::max(i, j)}] = false;
  schedule(milliseconds{1}, [this, i, who = m.who] { tick(i, who); });
}

void world::kill(std::size_t i) {
  auto& m = machines_[i];
  if (!m.runs)
    return;
  // The kernel tells the others, if it can.
  for (std::size_t j = 0; j < machines_.size(); ++j) {
    auto& up = joined_[{std::min(i, j), std::max(i, j)}];
    if (j == i || !up)
      continue;
    up = false;
    auto told = !m.cut_to[j];
    schedule(told ? delay() : link_timeout,
             [this, j, told, who = m.who, to = machines_[j].who] {
               to_process(j, to, [=, this] {
                 feed(j, core::link_changed{who, false, told});
               });
             });
  }
  std::erase_if(pending_, [&](auto& x) {
    auto its = x.second.what.gateway == m.who;
    counts.died_with_node += its ? 1 : 0;
    return its;
  });
  m.runs.reset();
  m.deferred.clear();
  if (restarts_)
    schedule(milliseconds{500 + random(1500)}, [this, i] {
      if (!machines_[i].starting)
        start(i, machines_[i].version);
    });
}

void world::pause(std::size_t i, milliseconds lasting) {
  machines_[i].paused_until =
    std::max(machines_[i].paused_until, now_ + lasting);
}

void world::tick(std::size_t i, incarnation who) {
  auto& m = machines_[i];
  if (!m.runs || m.who != who)
    return;
  // A paused process has one timer waiting, not many.
  if (m.paused_until > now_)
    return at(m.paused_until, [this, i, who] { tick(i, who); });
  schedule(tick_every, [this, i, who] { tick(i, who); });
  auto sessions = std::ranges::count_if(
    pending_, [&](auto& x) { return x.second.what.gateway == who; });
  feed(i, core::sessions_left{static_cast<std::uint64_t>(sessions)});
  feed(i, core::tick{});
  if (!m.runs || m.who != who)
    return;
  expire(i);
  show_outputs(i);
}

void world::feed(std::size_t i, const core::input& x) {
  auto& m = machines_[i];
  if (!m.runs)
    return;
  carry_out(i, m.runs->brain.step(m.clock(now_), x));
}

// -- faults -------------------------------------------------------------------

void world::cut(std::size_t from, std::size_t to, bool is_cut) {
  machines_[from].cut_to[to] = is_cut;
}

void world::cut_store(std::size_t i, bool is_cut) {
  machines_[i].store_cut = is_cut;
}

void world::slow_store(std::size_t i, bool is_slow) {
  machines_[i].store_slow = is_slow;
}

void world::spoil(std::size_t from, std::size_t to, bool is_bad) {
  machines_[from].bad_to[to] = is_bad;
}

void world::drain(std::size_t i) {
  if (machines_[i].runs)
    store_.set_status(machines_[i].who, node_status::active,
                      node_status::draining);
}

void world::undrain(std::size_t i) {
  if (machines_[i].runs)
    store_.set_status(machines_[i].who, node_status::draining,
                      node_status::active);
}

void world::heal() {
  store_.up = true;
  for (auto& x : machines_) {
    x.store_cut = false;
    x.store_slow = false;
    x.cut_to.assign(machines_.size(), false);
    x.bad_to.assign(machines_.size(), false);
  }
  for (std::size_t i = 0; i < machines_.size(); ++i)
    if (!machines_[i].runs && !machines_[i].starting)
      start(i, machines_[i].version);
}

// -- the net ------------------------------------------------------------------

bool world::connects(std::size_t a, std::size_t b) const {
  auto& x = machines_[a];
  auto& y = machines_[b];
  return x.runs && y.runs && !x.cut_to[b] && !y.cut_to[a]
         && x.paused_until <= now_ && y.paused_until <= now_;
}

/// What a mesh with heartbeats of its own finds out: late, and both sides.
void world::watch_links() {
  schedule(milliseconds{100}, [this] { watch_links(); });
  for (std::size_t a = 0; a < machines_.size(); ++a)
    for (std::size_t b = a + 1; b < machines_.size(); ++b) {
      auto pair = std::pair{a, b};
      auto& up = joined_[pair];
      auto alive = machines_[a].runs && machines_[b].runs;
      auto good = connects(a, b);
      if (good == up || !alive) {
        parted_since_.erase(pair);
        continue;
      }
      auto since = parted_since_.try_emplace(pair, now_).first->second;
      if (now_ - since < (good ? milliseconds{200} : link_timeout))
        continue;
      parted_since_.erase(pair);
      up = good;
      for (auto [i, j] : {pair, std::pair{b, a}})
        to_process(i, machines_[i].who,
                   [this, i = i, peer = machines_[j].who, good] {
                     feed(i, core::link_changed{peer, good, false});
                   });
    }
}

void world::transmit(std::size_t from, std::size_t to,
                     std::function<void()> what) {
  if (to == nobody || machines_[from].cut_to[to])
    return;
  auto who = machines_[to].who;
  auto bad = machines_[from].bad_to[to];
  if (bad && random(4) == 0)
    return;
  auto copies = bad && random(8) == 0 ? 2 : 1;
  for (int i = 0; i < copies; ++i)
    schedule(delay() + milliseconds{bad ? random(300) : 0},
             [this, to, who, what] { to_process(to, who, what); });
}

// -- judgement ----------------------------------------------------------------

bool world::all_served() const {
  for (std::size_t s = 0; s < setup_.shards; ++s) {
    auto owner = find(store_.shard(static_cast<shard_id>(s)).owner);
    if (owner == nobody || machines_[owner].paused_until > now_
        || machines_[owner].store_cut)
      return false;
    auto& brain = machines_[owner].runs->brain;
    if (brain.suspended()
        || brain.shards().serving(static_cast<shard_id>(s)) == 0)
      return false;
  }
  return true;
}

std::string world::find_unsettled() const {
  auto view = store_.read_view();
  auto desired = core::desired_owners(view);
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    auto& m = machines_[i];
    auto name = "n" + std::to_string(i);
    if (!m.runs)
      return name + " does not run";
    if (store_.status_of(m.who) != node_status::active)
      return name + " is " + std::to_string(int(store_.status_of(m.who)));
    if (m.runs->brain.suspended())
      return name + " is suspended";
    if (!m.runs->held.empty())
      return name + " holds commands";
  }
  for (std::size_t s = 0; s < setup_.shards; ++s) {
    auto id = static_cast<shard_id>(s);
    auto name = "shard " + std::to_string(s);
    auto owner = find(store_.shard(id).owner);
    if (owner == nobody)
      return name + " has no owner";
    auto& shards = machines_[owner].runs->brain.shards();
    if (shards.serving(id) != store_.shard(id).now)
      return name + " is not served by n" + std::to_string(owner) + ": "
             + std::string{shards.phase_of(id)};
    if (desired[s] != store_.shard(id).owner)
      return name + " is not where it should be";
  }
  return {};
}

} // namespace hansom::tests
