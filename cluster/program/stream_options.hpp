#pragma once

#include "cluster/config/load.hpp"

#include <CLI/App.hpp>

#include <cstdint>
#include <string>

namespace hansom {

struct stream_tail_options {
  std::string redis; ///< Url; empty: the setting redis.url.
  std::string group;
  std::string consumer;    ///< Empty: made from machine and process.
  std::string from = "0";  ///< Event number, or "now"; of a new group.
  std::uint64_t limit = 0; ///< Ends after so many events; 0: never.
  double idle_s = 0;       ///< Ends when nothing came for so long; 0: never.
  bool json = false;
};

/// Declares `hansom stream tail` below `root`, filling `x`.
CLI::App* add_stream_tail(CLI::App& root, stream_tail_options& x);

namespace verbs {

/// Prints events as a member of a consumer group and acknowledges them: the
/// example for everybody who consumes them.
int stream_tail(const stream_tail_options& with, const config_sources& from);

} // namespace verbs

} // namespace hansom
