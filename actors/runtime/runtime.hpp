#pragma once

#include "actors/dispatch_config.hpp"
#include "actors/pricing/quote.hpp"
#include "actors/runtime/alarms.hpp"
#include "actors/runtime/cell_board.hpp"
#include "actors/runtime/client_port.hpp"
#include "actors/runtime/clock.hpp"
#include "actors/runtime/counters.hpp"
#include "actors/runtime/directory.hpp"
#include "actors/runtime/ending.hpp"
#include "actors/runtime/observatory.hpp"
#include "actors/runtime/position_port.hpp"
#include "actors/runtime/ride_figures.hpp"
#include "actors/runtime/router_port.hpp"
#include "actors/runtime/shard_gates.hpp"
#include "actors/type_ids.hpp"
#include "persistence/journal_writer.hpp"
#include "persistence/store.hpp"
#include "protocol/tracer.hpp"

#include <array>
#include <atomic>
#include <functional>
#include <optional>
#include <utility>

namespace hansom {

/// What the store knew of an entity when its actor was made.
struct activation {
  std::optional<store::stored_entity> state;
  trip_id trip;   ///< Driver, rider: the trip that claims it.
  trip_id queued; ///< Driver: the trip that claims its second slot.
};

class runtime;
using entity_factory = std::function<caf::actor(
  runtime&, entity_ref, activation, std::shared_ptr<probe>)>;

/// What every entity actor of a node shares: time, chance, mail, the journal,
/// clients. One per node; thread-safe. Outlives all actors: whoever destroys it
/// calls `stop` and waits for them first (`await_actors`).
///
/// The seam between actors and cluster: entities name whom they talk to, and
/// only this class knows where that is.
class runtime {
public:
  struct parts {
    dispatch_config config;
    std::shared_ptr<const quote_signer> quotes; ///< Must be set.
    std::uint64_t seed = 1;
    store::incarnation incarnation = 1;
    timestamp wall_at_start;
    client_port* clients = nullptr; ///< Must outlive the runtime.
    /// Hears where drivers are; null: nobody does. Must outlive the runtime.
    position_port* positions = nullptr;
    /// The way to other nodes; null: there are none. Must outlive the runtime.
    router_port* router = nullptr;
    caf::actor writer;
    caf::actor reader;
    tracer* spans = nullptr; ///< Null: none. Must outlive the runtime.
  };

  runtime(caf::actor_system& system, parts with);
  ~runtime();
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;

  void set_factory(entity_kind kind, entity_factory make);

  /// Enters the epochs of owned shards; before the first message.
  void own(const std::vector<store::shard_row>& shards);

  /// Brings all active entities of the owned shards into memory.
  /// @returns how many.
  std::size_t recover(store::connection& from);

  // -- shards that come and go: with a router only ----------------------------
  // From one thread, which is no actor's: these wait for the store.

  /// The shard is ours under `epoch`: brings its active entities into memory,
  /// then lets mail in; what comes meanwhile waits.
  /// @param receive at first only what the old owner passes on gets in, until
  ///        `receive_done`.
  /// @returns how many entities were brought in.
  /// @throws store::unavailable_error; the shard is closed then.
  std::size_t open_shard(shard_id shard, store::epoch epoch,
                         store::connection& from, bool receive = false);
  void receive_done(shard_id shard);

  /// From now on mail for the shard waits; turns that run go on, and the
  /// journal's answers come in. Poll `is_quiet`.
  void seal_shard(shard_id shard);
  /// This node has no right to show anything: seals what is open, and what
  /// would open, at once. Any thread.
  void suspend();
  /// Takes that back; each shard opens with `unseal_shard`.
  void resume();
  /// @returns whether all mail that was let in has been handled and every
  ///          answer of the journal has gone out. Walks over all entities.
  [[nodiscard]] bool is_quiet(shard_id shard) const;
  /// The shard stays after all: what waits is let in.
  void unseal_shard(shard_id shard);

  /// The shard is not ours any more: its entities leave memory without writing,
  /// and what waits goes to the router, in order, before anything later. The
  /// router should know the new owner by then. Any thread.
  /// @param epoch only if it is still this one; 0: whichever.
  /// @returns whether it was ours.
  bool close_shard(shard_id shard, store::epoch epoch = 0);

  [[nodiscard]] shard_phase phase_of(shard_id shard) const noexcept {
    return gates_.phase_of(shard);
  }
  [[nodiscard]] const shard_gates& gates() const noexcept {
    return gates_;
  }

  /// Mail that another node has sent here.
  /// @param forwarded the former owner passes it on.
  /// @returns `false`, leaving `what` alone, when the shard is not ours.
  bool take(entity_ref to, parcel& what, bool fresh, bool forwarded);

  /// Mail that found no way: whoever waits for an answer gets one.
  void give_back(entity_ref to, const parcel& what, drop_reason why);

  /// The journal has refused a write under `epoch`: the shard is dropped.
  void fenced(shard_id shard, store::epoch epoch);

  /// @returns whether there are other nodes.
  [[nodiscard]] bool is_clustered() const noexcept {
    return parts_.router != nullptr;
  }

  /// Something was asked of, or answered by, the journal on behalf of an entity
  /// of this shard.
  void asked(shard_id shard) noexcept {
    gates_.asked(shard);
  }
  void answered(shard_id shard, std::uint64_t n = 1) noexcept {
    gates_.answered(shard, n);
  }

  /// Starts the clockwork that lets alarms ring.
  void start();

  /// Asks all entities, then the clockwork to end. Does not wait. Idempotent.
  void stop();

  /// After `stop`: which entities have not ended yet, for people.
  [[nodiscard]] std::string who_remains() const {
    return ending_.remaining();
  }

  // -- mail -------------------------------------------------------------------

  template <class... Ts>
  void send(entity_ref to, Ts&&... xs) {
    post(to, {caf::make_message(std::forward<Ts>(xs)...)}, false);
  }

  /// Overtakes what waits in the receiver's mailbox: matching goes before
  /// positions.
  template <class... Ts>
  void send_urgent(entity_ref to, Ts&&... xs) {
    post(
      to,
      {caf::make_message(std::forward<Ts>(xs)...), caf::message_priority::high},
      false);
  }

  /// The first message of an entity that the store cannot know yet.
  template <class... Ts>
  void create(entity_ref to, Ts&&... xs) {
    post(to, {caf::make_message(std::forward<Ts>(xs)...)}, true);
  }

  /// Rings `to` with `token` at `due`, at most one tick late.
  void set_alarm(entity_ref to, std::uint64_t token, timestamp due) {
    alarms_.set(to, token, due);
  }

  // -- the journal ------------------------------------------------------------

  /// The epoch under which this node may write for `shard`; 0: not its owner.
  [[nodiscard]] store::epoch epoch_of(shard_id shard) const noexcept {
    return gates_.epoch_of(shard);
  }
  [[nodiscard]] const caf::actor& writer() const noexcept {
    return parts_.writer;
  }
  [[nodiscard]] const caf::actor& reader() const noexcept {
    return parts_.reader;
  }

  // -- clients ----------------------------------------------------------------

  [[nodiscard]] client_port& clients() noexcept {
    return *parts_.clients;
  }
  /// Null when nobody listens.
  [[nodiscard]] position_port* positions() noexcept {
    return parts_.positions;
  }
  /// Answers one command.
  void reply(const client_ref& to, std::string body);
  /// Refuses one command; `sentence` replaces the code's default text.
  void refuse(const client_ref& to, error_code why,
              std::string_view sentence = {});

  // -- time, chance, settings -------------------------------------------------

  [[nodiscard]] timestamp now() const noexcept {
    return clock_.now();
  }
  [[nodiscard]] const node_clock& clock() const noexcept {
    return clock_;
  }
  /// A fresh 64-bit value from the seeded source; never 0.
  std::uint64_t random() noexcept;
  trip_id new_trip_id(shard_id shard) noexcept;
  /// Grows with time, so that the claims of honoured quotes lie together in
  /// the store: seconds since 2020 (30 bits) | incarnation (8) | counter (26).
  quote_id new_quote_id() noexcept;
  [[nodiscard]] const dispatch_config& config() const noexcept {
    return parts_.config;
  }
  [[nodiscard]] const eta_model& eta() const noexcept {
    return eta_;
  }
  [[nodiscard]] const quote_signer& quotes() const noexcept {
    return *parts_.quotes;
  }
  [[nodiscard]] drop_counters& drops() noexcept {
    return drops_;
  }
  /// What became of rides; any thread.
  [[nodiscard]] ride_figures& rides() noexcept {
    return rides_;
  }
  /// What cells cost and have; any thread.
  [[nodiscard]] cell_board& cells() noexcept {
    return cells_;
  }
  /// Null when nothing is recorded.
  [[nodiscard]] tracer* spans() const noexcept {
    return parts_.spans;
  }
  [[nodiscard]] directory& entities() noexcept {
    return entities_;
  }
  /// What is known of the actors from outside, beyond their probes.
  [[nodiscard]] observatory& watch() noexcept {
    return watch_;
  }
  [[nodiscard]] caf::actor_system& system() noexcept {
    return system_;
  }
  [[nodiscard]] std::size_t pending_alarms() const {
    return alarms_.size();
  }

  /// An entity that has nothing left to do leaves memory.
  /// @returns whether it is out; it must then quit at once.
  bool retire(entity_ref who) {
    return entities_.retire(who);
  }

private:
  friend struct activator_state;

  void post(entity_ref to, parcel what, bool fresh);
  resident make(entity_ref who, activation with);
  void died(entity_ref who, caf::actor_id id, const caf::error& why);
  void loaded(entity_ref who, activation with, store::epoch under);
  std::size_t recover(store::connection& from, std::size_t first,
                      std::size_t last);
  void let_in(shard_id shard, shard_phase from);
  void ring();

  caf::actor_system& system_;
  parts parts_;
  node_clock clock_;
  alarms alarms_;
  straight_line_eta eta_;
  drop_counters drops_;
  observatory watch_;
  ride_figures rides_;
  cell_board cells_;
  std::array<entity_factory, 5> factories_;
  shard_gates gates_;
  std::atomic<std::uint64_t> random_;
  std::atomic<std::uint32_t> trips_{0};
  std::atomic<std::uint32_t> quotes_made_{0};
  directory entities_;
  ending ending_;
  caf::actor activator_;
  caf::actor pump_;
};

} // namespace hansom
