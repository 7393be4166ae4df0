#pragma once

#include "actors/runtime/client_port.hpp"
#include "gateway/access/revocations.hpp"
#include "gateway/gateway_config.hpp"
#include "gateway/http_routes.hpp"
#include "protocol/shard_set.hpp"

#include <functional>
#include <memory>

namespace prometheus {
class Collectable;
}

namespace hansom {

class hello_limit;
class resume_mirror;
class runtime;
struct journal_writer_stats;

enum class health_status : std::uint8_t { healthy, degraded, unhealthy };

struct health_check {
  std::string name;
  health_status status = health_status::healthy;
  std::string detail; ///< What is wrong; empty when nothing is.
};

/// What the rest of the node says of itself. Called on a gateway thread for
/// each request to /health/ready: must be quick and must not block.
using health_source = std::function<std::vector<health_check>()>;

/// Figures for tests, benchmarks and `hansom status`.
struct gateway_figures {
  std::uint64_t connections = 0;
  std::uint64_t websockets = 0;
  std::uint64_t sessions = 0;
  std::uint64_t positions_accepted = 0;
};

/// How the outside reaches the actors: HTTP/1.1 and websocket on one port.
///
/// Order of life: construct, add routes, make the runtime with this object as
/// its client port, `start`, `drain`, `stop`, end the runtime, destroy. The
/// functions of `client_port` may be called from any thread at any time; before
/// `start` and after `stop` frames are dropped.
class gateway final : public client_port {
public:
  /// @throws std::invalid_argument when `check(config)` complains.
  /// @throws std::runtime_error when certificate or key is unusable.
  explicit gateway(gateway_config config);
  ~gateway() override;
  gateway(const gateway&) = delete;
  gateway& operator=(const gateway&) = delete;

  /// Before `start` only. The gateway itself serves /health/live,
  /// /health/ready, /metrics and /v1/ws.
  http_routes& routes() noexcept;

  /// More for /metrics to show. Before `start` only; collected on a gateway
  /// thread: must be quick and must not block.
  void add_metrics(std::shared_ptr<prometheus::Collectable> source);

  /// Before `start` only.
  void add_health(health_source source);

  /// Lets sessions be resumed that another process had, and clients' hellos be
  /// counted on all nodes; null: not. Before `start` only; both must outlive
  /// the gateway's `stop`.
  void share(resume_mirror* mirror, hello_limit* hellos);

  /// Takes new work by how much waits for the journal, too. Before `start`
  /// only; without it, by what waits in sockets and for actors alone.
  /// @param batch_max as many as one commit takes in.
  void watch(std::shared_ptr<const journal_writer_stats> journal,
             std::size_t batch_max);

  /// Begins to listen.
  /// @param node incarnation of this process, part of every session_ref.
  /// @throws std::runtime_error when the address cannot be bound.
  void start(runtime& actors, std::uint64_t node);

  /// The port that it listens on.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// Verifies a token as the gateway does.
  [[nodiscard]] const token_verifier& tokens() const noexcept;

  /// From now on refuses these tokens, and closes the sessions that live by
  /// them (4501). In memory only: who starts the gateway anew says it again.
  /// Any thread; before `start`, too.
  /// @returns `false` when there is no room for one more.
  bool revoke(const revocation& x);

  /// Drops revocations whose `until` has passed. Any thread.
  void forget_revocations(timestamp now);

  /// These shards are on another node than before: the entities there get to
  /// know their clients. Any thread.
  void reattach(const shard_set& moved);

  /// Asks every client to come back elsewhere, at its own random moment of
  /// `within`, and takes no more websockets. Returns at once.
  void drain(milliseconds within);
  /// New clients are let in again; those told to go still go. Any thread.
  void undrain() noexcept;

  /// @returns whether `drain` was called and no websocket is left.
  [[nodiscard]] bool drained() const noexcept;

  /// Closes everything and joins all threads. Idempotent.
  void stop();

  [[nodiscard]] gateway_figures figures() const noexcept;

  // -- client_port ------------------------------------------------------------

  void deliver(client_frame frame) override;
  void attached(session_ref to, std::string state) override;
  void close(session_ref to, close_code why) override;
  void follow(session_ref to, trip_id trip) override;

private:
  struct inside;
  std::unique_ptr<inside> inside_;
};

} // namespace hansom
