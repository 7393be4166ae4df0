#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace hansom {

/// What is recorded of commands, and who is sent it.
struct tracing_settings {
  std::string endpoint;     ///< "http://127.0.0.1:4318/v1/traces"; empty: off.
  std::string headers_file; ///< "Name: value" lines; may hold secrets.
  std::uint32_t ratio_ppm = 0;  ///< Of new traces, in millionths.
  bool follow_clients = true;   ///< See `sampling`.
  std::size_t queue_max = 8192; ///< Spans that may wait; more are dropped.
  std::chrono::milliseconds flush_every{1000};
};

} // namespace hansom
