#pragma once

#include "protocol/time.hpp"

#include <cstdint>
#include <string>

namespace hansom::redis {

/// Every setting of what a node does with Redis.
struct config {
  std::string url;           ///< Empty: no Redis.
  std::string password_file; ///< Its first line replaces the url's password.
  std::string tls_ca_file;   ///< With rediss://; empty: the system's.
  std::string tls_certificate_file;
  std::string tls_key_file;
  std::string prefix = "hansom"; ///< Of all keys.
  std::string city = "city";     ///< Part of the positions' keys.
  std::size_t queue_max = 16'384;
  milliseconds answer_timeout{1000};

  milliseconds position_cycle{500};       ///< Positions are written so often.
  milliseconds position_max_age{120'000}; ///< Older ones are taken out.

  /// A session without a connection can be resumed for so long by any node.
  bool resume = true;

  std::uint32_t hellos_per_minute = 60; ///< Of one client; 0: not counted.

  bool events = true;                    ///< Publish the journal.
  std::uint32_t stream_length = 100'000; ///< Events kept per shard, about.
  milliseconds replay{3'600'000};        ///< Published again after a flush.
};

} // namespace hansom::redis
