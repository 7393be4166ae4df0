#pragma once

#include "actors/dispatch_config.hpp"
#include "cluster/tracing/tracing_settings.hpp"
#include "gateway/gateway_config.hpp"
#include "persistence/journal_writer.hpp"
#include "persistence/redis/config.hpp"
#include "persistence/upkeep/upkeep.hpp"

#include <string>
#include <vector>

namespace hansom {

struct node_settings {
  std::string name = "n1";
  std::string data = "hansom-data"; ///< Folder of the embedded store.
  std::size_t threads = 2;          ///< Of the actor scheduler.
  /// Development conveniences are refused: a made-up token key, `hansom token`.
  bool production = false;
};

/// Files with keys; an empty name: none.
struct auth_settings {
  std::string hs256_key_file;          ///< Shared secret; development only.
  std::string es256_key_file;          ///< Public key, PEM.
  std::string rs256_key_file;          ///< Public key, PEM.
  std::string quote_key_file;          ///< Secret that signs quotes.
  std::string quote_key_previous_file; ///< Still accepted, while rotating.
};

enum class store_engine : std::uint8_t { sqlite, postgresql };

struct store_settings {
  store_engine engine = store_engine::sqlite;
  std::string postgres_url_file; ///< Holds a password.
  bool migrate_at_start = false;
};

/// One of several nodes.
struct cluster_settings {
  bool enabled = false;
  std::string name = "hansom";
  std::string address = "127.0.0.1"; ///< Of the mesh; a literal IP address.
  std::uint16_t port = 7401;
  std::uint32_t weight = 100;
  std::size_t expected_nodes = 1;
  int time_scale = 1;
  std::string certificate_file; ///< TLS: all three or none.
  std::string key_file;
  std::string ca_file;
};

struct log_settings {
  std::string level = "info";
  bool json = false;
  /// Of one kind of line, see cluster/node/log_limiter.hpp; 0: no limit.
  std::uint32_t lines_per_second = 10;
};

/// Everything that can be set, in the sections of the configuration file.
struct settings {
  node_settings node;
  log_settings log;
  tracing_settings tracing;
  auth_settings auth;
  store_settings store;
  journal_writer_config journal;
  upkeep_config retention;
  redis::config redis;
  cluster_settings cluster;
  gateway_config gateway;
  dispatch_config dispatch;
};

/// @returns what does not fit together, one sentence each; empty when usable.
std::vector<std::string> check(const settings& x);

} // namespace hansom
