#pragma once

#include "actors/runtime/runtime.hpp"

#include <caf/scheduled_actor.hpp>

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace hansom {

/// @returns the answer to a command that took effect as journal event `seq` of
///          `where`. Follows from these alone, so that a retry after a crash
///          gets the same words.
std::string ack_of(entity_ref where, std::uint64_t seq);

/// The way of one entity into the journal: one write in flight, everything
/// that depends on its outcome waits, in order and bounded. An effect is
/// visible outside only after the event is durable.
///
/// Belongs to one actor and is used on its thread only.
class commit_gate {
public:
  using task = std::function<void()>;

  static constexpr std::size_t commands_max = 16;
  static constexpr std::size_t mails_max = 64;
  static constexpr std::size_t lookups_max = 16;

  struct step {
    store::write
      what; ///< Entity, shard, epoch, time, command: set by `commit`.
    std::optional<client_ref> from; ///< Who waits for the answer.
    bool urgent = true; ///< Trips and money: the journal's first lane.
    task done;          ///< It is durable; the client has been acknowledged.
    /// It is not: `duplicate_command` (the client has been answered),
    /// `claim_lost` or `unavailable` (the callee answers).
    std::function<void(const store::result&)> failed;
    live_span trace = {}; ///< Set by `commit`.
  };

  commit_gate() = default;
  /// In a cluster an actor may end because its shard leaves the node: clients
  /// who wait here are told so.
  ~commit_gate();
  commit_gate(const commit_gate&) = delete;
  commit_gate& operator=(const commit_gate&) = delete;

  void init(caf::scheduled_actor* self, runtime* rt, entity_ref me);

  /// @returns whether nothing is being written.
  [[nodiscard]] bool idle() const noexcept {
    return !flying_;
  }
  /// @returns whether nothing is being written or looked up.
  [[nodiscard]] bool quiet() const noexcept {
    return !flying_ && lookups_.empty() && waiting_.empty();
  }
  /// @returns whether this actor may write no more: its shard has another
  ///          owner, or its memory disagrees with the store. It must leave.
  [[nodiscard]] bool lost() const noexcept {
    return lost_;
  }

  /// Runs a client's command now or after the present write; refuses it when
  /// too many wait, or when this actor may write no more.
  void command(const client_ref& from, task run);

  /// The same for what other entities and alarms say: counted where a command
  /// is refused. What matters is said again.
  void mail(task run);

  /// Writes. Requires `idle()`.
  void commit(step x);

  /// Refuses, unless the command turns out to be a retry of one that took
  /// effect: then acknowledges that one.
  /// @param repeated hears of what the retry had done, after the answer.
  void refuse(const client_ref& from, error_code why, std::string sentence = {},
              std::function<void(entity_ref)> repeated = {});

  /// Asks the store what a command did; `found` may also say unavailable, and
  /// does so at once when too many questions wait.
  void look_up(const client_ref& from,
               std::function<void(const lookup_result&)> found);

  void handle(const commit_result& x);
  void handle(const lookup_result& x);

  /// Appends fields for the console: what is being written, what waits.
  void describe(std::string& out) const;

private:
  struct lookup {
    std::uint64_t token = 0;
    client_ref from;
    std::function<void(const lookup_result&)> found;
  };
  struct waiter {
    std::optional<client_ref> from;
    task run;
  };

  void send(const caf::actor& to, caf::message what);
  task traced(const client_ref& from, task run);
  void end_trace(step& x, const store::result& result);
  void refuse_full(const client_ref& from);
  void turn_away(const client_ref& from);
  void finish(step x, const store::result& result);
  void give_up(const step& x, const store::result& result);
  void drain();
  [[nodiscard]] error_code lost_code() const noexcept;

  caf::scheduled_actor* self_ = nullptr;
  runtime* rt_ = nullptr;
  entity_ref me_;
  shard_id shard_ = 0;
  store::epoch epoch_ = 0; ///< Under which this actor was made.
  std::unique_ptr<step> flying_;
  std::uint64_t flying_token_ = 0;
  std::uint64_t last_token_ = 0;
  std::size_t commands_ = 0; ///< Among `waiting_`.
  std::deque<waiter> waiting_;
  std::vector<lookup> lookups_;
  bool lost_ = false;
  bool moved_ = false;
};

/// @returns journal events as the store takes them.
template <class Event>
std::vector<store::event> to_store(const std::vector<Event>& xs) {
  std::vector<store::event> result;
  result.reserve(xs.size());
  for (auto& x : xs)
    result.push_back({std::string{event_name(x)}, encode_event(x)});
  return result;
}

} // namespace hansom
