#pragma once

#include "persistence/redis/config.hpp"
#include "persistence/redis/link.hpp"

#include <optional>

namespace hansom::redis {

/// Counts what happens in fixed windows of time, all nodes together.
/// Thread-safe; never blocks.
class rate_counter {
public:
  using count_callback = std::function<void(std::optional<std::uint64_t>)>;

  /// @param to must outlive the counter.
  rate_counter(link& to, const config& with)
    : link_{to}, prefix_{with.prefix + ":rate:"} {
  }

  /// Counts one more.
  /// @param what for example "hello:driver/42".
  /// @param window number of the present window; `length` how long it lasts.
  /// @param done hears how many there were in the window, this one included;
  ///        none when Redis did not answer within `within`.
  void hit(std::string_view what, std::uint64_t window, milliseconds length,
           milliseconds within, count_callback done);

private:
  link& link_;
  std::string prefix_;
};

} // namespace hansom::redis
