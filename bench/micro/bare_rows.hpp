#pragma once

#include "bench/micro/durable_rides.hpp"

#include <string>

namespace hansom::bench {

/// One narrow table, one statement: what a PostgreSQL server can do at all.
class bare_rows {
public:
  /// @param url of a database where a table may be made; it goes at the end.
  explicit bare_rows(std::string url);
  ~bare_rows();
  bare_rows(const bare_rows&) = delete;
  bare_rows& operator=(const bare_rows&) = delete;

  /// Commits of so many rows of 300 bytes, from so many connections at once,
  /// each with a thread of its own.
  /// @returns rows per second and how long a commit took.
  [[nodiscard]] pace run(std::size_t rows, std::size_t connections,
                         double seconds) const;

private:
  std::string url_;
};

} // namespace hansom::bench
