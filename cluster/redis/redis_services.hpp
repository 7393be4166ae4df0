#pragma once

#include "actors/runtime/position_port.hpp"
#include "actors/runtime/runtime.hpp"
#include "gateway/gateway.hpp"
#include "gateway/session/resume_mirror.hpp"
#include "persistence/redis/config.hpp"
#include "persistence/redis/link.hpp"

#include <memory>

namespace prometheus {
class Collectable;
}

namespace hansom {

/// @returns how to connect to `with.url`.
/// @throws std::runtime_error when the url or the password's file is unusable.
redis::link_config redis_link(const redis::config& with, std::string name);

/// Everything that a node does with Redis. Nothing of it is needed: without
/// Redis positions are nowhere else, a lost session gets the full state, and
/// events wait in the journal.
///
/// Order of life: construct, give its ports to gateway and runtime, `start`
/// before the gateway does, `stop` when the actors have ended.
class redis_services {
public:
  /// @throws std::runtime_error as `redis_link` does.
  redis_services(const redis::config& with, const std::string& node_name);
  ~redis_services();
  redis_services(const redis_services&) = delete;
  redis_services& operator=(const redis_services&) = delete;

  /// Null where the settings switch it off.
  [[nodiscard]] position_port* positions() noexcept;
  [[nodiscard]] resume_mirror* mirror() noexcept;
  [[nodiscard]] hello_limit* hellos() noexcept;
  [[nodiscard]] health_source health() const;
  [[nodiscard]] std::shared_ptr<prometheus::Collectable> metrics() const;

  /// Connects, tells drivers in memory where they were last, and begins to
  /// publish the journal of the owned shards. Takes at most about a second when
  /// Redis does not answer.
  /// @returns how many drivers have a place again.
  std::size_t start(runtime& actors, std::shared_ptr<store::factory> store,
                    const std::vector<store::shard_row>& shards,
                    std::shared_ptr<const journal_writer_stats> written);

  /// In a cluster: the shard is in memory here. Its drivers are told where they
  /// were last, by a thread of its own. Any thread.
  void opened(shard_id shard);

  /// The last published event of each shard; empty when none are published.
  /// After `start`; valid as long as this object.
  [[nodiscard]] std::function<store::shard_numbers()> published() const;

  /// Publishes the rest and disconnects. Idempotent.
  void stop();

private:
  struct inside;
  std::shared_ptr<inside> inside_;
};

} // namespace hansom
