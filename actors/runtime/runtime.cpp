#include "actors/runtime/runtime.hpp"

#include "actors/runtime/who_waits.hpp"
#include "protocol/server_frames.hpp"

#include <spdlog/spdlog.h>

#include <map>

namespace hansom {

// -- the activator: loads entities, rings alarms ------------------------------

/// Talks to the store reader on behalf of the directory. A load that the store
/// cannot answer is tried again until `load_deadline`; a restart of the store
/// must not lose a command.
struct activator_state {
  static inline const char* name = "activator";
  static constexpr milliseconds retry_after{250};
  static constexpr milliseconds load_deadline{5000};

  struct load {
    entity_ref who;
    timestamp deadline;
    store::epoch under = 0; ///< The shard's, when loading began.
  };
  std::unordered_map<std::uint64_t, load> loads;
  std::uint64_t last_token = 0;
};

namespace {

using activator_actor = caf::stateful_actor<activator_state>;

std::vector<store::claim> claims_of(entity_ref who) {
  switch (who.kind) {
  case entity_kind::driver:
    return {{store::claim_kind::driver, who.id},
            {store::claim_kind::driver_next, who.id}};
  case entity_kind::rider:
    return {{store::claim_kind::rider, who.id}};
  default:
    return {};
  }
}

activation to_activation(load_result x) {
  activation result;
  if (x.found)
    result.state = std::move(x.entity);
  for (auto& row : x.claims)
    if (row.what.kind == store::claim_kind::driver_next)
      result.queued = trip_id{row.holder.id};
    else
      result.trip = trip_id{row.holder.id};
  return result;
}

} // namespace

} // namespace hansom

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hansom::activation)

namespace hansom {

namespace {

struct start_load {
  entity_ref who;
};
struct retry_load {
  std::uint64_t token;
};
struct drop_shard {
  shard_id shard;
  store::epoch epoch;
};

} // namespace

} // namespace hansom

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hansom::start_load)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hansom::retry_load)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hansom::drop_shard)

namespace hansom {

namespace {

struct activator_work {
  std::function<void(entity_ref, activation, store::epoch)> done;
  std::function<void(entity_ref)> failed;
  std::function<void(const drop_shard&)> drop;
};

caf::behavior activator(activator_actor* self, runtime* owner,
                        activator_work work) {
  auto ask = [self, owner](std::uint64_t token) {
    auto who = self->state.loads.at(token).who;
    self->send(owner->reader(), load_entity{who, claims_of(who), token});
  };
  return {
    [=](const start_load& x) {
      auto token = ++self->state.last_token;
      self->state.loads[token] = {x.who,
                                  owner->now() + activator_state::load_deadline,
                                  owner->epoch_of(shard_of(x.who))};
      ask(token);
    },
    [=](const retry_load& x) { ask(x.token); },
    [=](load_result& x) {
      auto found = self->state.loads.find(x.token);
      if (found == self->state.loads.end())
        return;
      auto load = found->second;
      if (x.unavailable && owner->now() < load.deadline) {
        self->delayed_send(self, activator_state::retry_after,
                           retry_load{x.token});
        return;
      }
      self->state.loads.erase(found);
      if (x.unavailable)
        work.failed(load.who);
      else
        work.done(load.who, to_activation(std::move(x)), load.under);
    },
    [=](const drop_shard& x) { work.drop(x); },
  };
}

/// Rings due alarms, once a tick.
caf::behavior pump(caf::event_based_actor* self, std::function<void()> ring) {
  self->delayed_send(self, alarms::tick, caf::tick_atom_v);
  return {
    [=](caf::tick_atom) {
      self->delayed_send(self, alarms::tick, caf::tick_atom_v);
      ring();
    },
  };
}

} // namespace

// -- runtime ------------------------------------------------------------------

runtime::runtime(caf::actor_system& system, parts with)
  : system_{system}, parts_{std::move(with)},
    clock_{system.clock(), parts_.wall_at_start}, alarms_{parts_.wall_at_start},
    eta_{parts_.config.eta}, watch_{clock_}, random_{parts_.seed},
    entities_{
      {[this](entity_ref who) { return make(who, {}); },
       [this](entity_ref who) { caf::anon_send(activator_, start_load{who}); },
       [this](entity_ref to, parcel what, drop_reason why) {
         give_back(to, what, why);
       }},
      parts_.router ? &gates_ : nullptr} {
}

runtime::~runtime() {
  stop();
}

void runtime::set_factory(entity_kind kind, entity_factory make) {
  factories_[static_cast<std::size_t>(kind)] = std::move(make);
}

void runtime::own(const std::vector<store::shard_row>& shards) {
  for (auto& x : shards)
    if (x.owner == parts_.incarnation)
      gates_.own(x.shard, x.now);
}

std::size_t runtime::recover(store::connection& from) {
  return recover(from, 0, shard_count);
}

std::size_t runtime::recover(store::connection& from, std::size_t first,
                             std::size_t last) {
  std::size_t n = 0;
  for (std::size_t i = first; i < last; ++i) {
    auto shard = static_cast<shard_id>(i);
    if (epoch_of(shard) == 0)
      continue;
    // One question for the claims of a whole shard: a server's answer takes
    // longer to travel than to find.
    std::vector<store::stored_entity> active;
    std::vector<store::claim> wanted;
    from.for_each_active(shard, [&](store::stored_entity x) {
      auto theirs = claims_of(x.entity);
      wanted.insert(wanted.end(), theirs.begin(), theirs.end());
      active.push_back(std::move(x));
    });
    std::map<store::claim, trip_id> held;
    if (!wanted.empty())
      for (auto& row : from.holders_of(wanted))
        held[row.what] = trip_id{row.holder.id};
    for (auto& x : active) {
      auto who = x.entity;
      activation with;
      for (auto& c : claims_of(who))
        if (auto found = held.find(c); found != held.end())
          (c.kind == store::claim_kind::driver_next ? with.queued : with.trip) =
            found->second;
      with.state = std::move(x);
      loaded(who, std::move(with), epoch_of(shard));
      ++n;
    }
  }
  return n;
}

void runtime::start() {
  activator_ = system_.spawn(
    activator, this,
    activator_work{[this](entity_ref who, activation with, store::epoch under) {
                     loaded(who, std::move(with), under);
                   },
                   [this](entity_ref who) {
                     entities_.abandon(who, drop_reason::load_failed);
                   },
                   [this](const drop_shard& x) {
                     if (close_shard(x.shard, x.epoch))
                       parts_.router->fenced(x.shard, x.epoch);
                   }});
  pump_ = system_.spawn(pump, [this] { ring(); });
}

void runtime::ring() {
  auto t = now();
  for (auto& x : alarms_.take_due(t))
    if (!entities_.remind(x.to, {caf::make_message(alarm_rang{x.token})}))
      alarms_.set(x.to, x.token, t + alarms::tick);
  for (auto& x : gates_.take_expired(t))
    give_back(x.to, x.what, drop_reason::no_route);
}

void runtime::fenced(shard_id shard, store::epoch epoch) {
  if (parts_.router)
    caf::anon_send(activator_, drop_shard{shard, epoch});
}

void runtime::stop() {
  for (auto& [who, x] : entities_.close()) {
    caf::anon_send_exit(x.actor, caf::exit_reason::user_shutdown);
    ending_.add(who, std::move(x.watch));
  }
  // The handles stay: other threads may be about to use them.
  for (auto* helper : {&pump_, &activator_})
    if (*helper)
      caf::anon_send_exit(*helper, caf::exit_reason::user_shutdown);
}

void runtime::post(entity_ref to, parcel what, bool fresh) {
  if (!parts_.router)
    entities_.deliver(to, std::move(what), fresh);
  else if (!take(to, what, fresh, false))
    parts_.router->route(to, std::move(what), fresh);
}

namespace {

/// Whether an actor has ended of something that should not have happened.
bool is_fault(const caf::error& why) {
  return why != caf::exit_reason::user_shutdown
         && why != caf::exit_reason::unreachable;
}

} // namespace

resident runtime::make(entity_ref who, activation with) {
  auto watch = watch_.probe_for(who);
  watch->shard = shard_of(who);
  auto& factory = factories_[static_cast<std::size_t>(who.kind)];
  auto actor = factory(*this, who, std::move(with), watch);
  // An exception ends an actor, whatever we do; the next message then finds
  // the entity in the store instead of a dead mailbox.
  actor->attach_functor(
    [this, who, watch, id = actor.id()](const caf::error& why) {
      watch->ended.store(true, std::memory_order_relaxed);
      if (why && is_fault(why)) // Built badly: no message has thrown.
        watch_.died(*watch, 0, caf::to_string(why));
      if (why)
        died(who, id, why);
    });
  return {std::move(actor), std::move(watch)};
}

void runtime::died(entity_ref who, caf::actor_id id, const caf::error& why) {
  if (is_fault(why))
    spdlog::error("{} has died: {}", to_string(who), caf::to_string(why));
  entities_.bury(who, id);
}

void runtime::loaded(entity_ref who, activation with, store::epoch under) {
  if (parts_.router && epoch_of(shard_of(who)) != under)
    return; // What waited went to the new owner.
  if (who.kind == entity_kind::trip && !with.state)
    return entities_.abandon(who, drop_reason::entity_gone);
  auto known = with.state.has_value() || with.trip || with.queued;
  auto fresh = make(who, std::move(with));
  auto actor = fresh.actor;
  if (!entities_.arrive(who, std::move(fresh), under))
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  else if (known) // A lazily made actor builds itself at its first message.
    entities_.nudge(who, {caf::make_message(alarm_rang{0})});
}

namespace {

/// Another node takes over within this, or has taken over long ago.
constexpr std::uint32_t retry_after_ms = 1000;

void refuse_for_now(runtime& rt, const client_ref& to, error_code why) {
  rt.reply(to, error_body(why, {}, retry_after_ms));
}

} // namespace

const client_ref* who_waits(const caf::message& x) {
  if (x.empty())
    return nullptr;
  if (x.match_element<client_ref>(0))
    return &x.get_as<client_ref>(0);
  if (x.match_element<open_trip>(0))
    return &x.get_as<open_trip>(0).from;
  if (x.match_element<offer_taken>(0))
    return &x.get_as<offer_taken>(0).from;
  if (x.match_element<offer_ended>(0)) {
    auto& from = x.get_as<offer_ended>(0).from;
    return from ? &*from : nullptr;
  }
  return nullptr;
}

void runtime::give_back(entity_ref to, const parcel& what, drop_reason why) {
  drops_.count(why);
  watch_.dead_letter(to, kind_of(what.what), why);
  auto from = who_waits(what.what);
  if (!from) {
    spdlog::debug("no delivery to {}: {}", to_string(to), to_text(why));
    return;
  }
  switch (why) {
  case drop_reason::entity_gone:
    return refuse(*from, error_code::no_such_trip);
  case drop_reason::directory_full:
    return refuse(*from, error_code::overloaded);
  case drop_reason::shard_full:
    return refuse_for_now(*this, *from, error_code::overloaded);
  case drop_reason::no_route:
    return refuse_for_now(*this, *from, error_code::moved);
  case drop_reason::link_lost:
    return refuse_for_now(*this, *from, error_code::unknown_outcome);
  default:
    return refuse(*from, error_code::store_unavailable);
  }
}

void runtime::reply(const client_ref& to, std::string body) {
  clients().deliver({to.session, delivery::reply, to.command, std::move(body)});
}

void runtime::refuse(const client_ref& to, error_code why,
                     std::string_view sentence) {
  reply(to, error_body(why, sentence, std::nullopt));
}

std::uint64_t runtime::random() noexcept {
  constexpr std::uint64_t golden = 0x9e3779b97f4a7c15ULL;
  auto x = mix64(random_.fetch_add(golden, std::memory_order_relaxed) + golden);
  return x == 0 ? 1 : x;
}

trip_id runtime::new_trip_id(shard_id shard) noexcept {
  auto seconds = static_cast<std::uint64_t>(now().ms / 1000);
  return make_trip_id(shard, seconds, parts_.incarnation,
                      trips_.fetch_add(1, std::memory_order_relaxed));
}

quote_id runtime::new_quote_id() noexcept {
  constexpr std::int64_t unix_2020 = 1'577'836'800;
  auto seconds = static_cast<std::uint64_t>(now().ms / 1000 - unix_2020);
  auto counter = quotes_made_.fetch_add(1, std::memory_order_relaxed);
  return {(seconds & 0x3fffffff) << 34 | (parts_.incarnation & 0xff) << 26
          | (counter & 0x3ffffff)};
}

} // namespace hansom
