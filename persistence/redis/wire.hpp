#pragma once

#include "persistence/redis/endpoint.hpp"
#include "persistence/redis/reply.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace hansom::redis {

/// How far a new connection is.
enum class progress : std::uint8_t {
  broken,
  wants_read,  ///< Ask again when `fd` is readable.
  wants_write, ///< Ask again when `fd` is writable.
  stands,
};

/// One non-blocking connection: bytes out, replies in. Used by one thread,
/// which waits on `fd` itself.
class wire {
public:
  /// Begins to connect. @returns null, with `why`, when that fails at once.
  static std::unique_ptr<wire> open(const endpoint& to, std::string& why);

  virtual ~wire() = default;

  [[nodiscard]] virtual int fd() const = 0;

  /// To be asked once `fd` is writable for the first time; with `broken` it
  /// says `why`.
  virtual progress established(std::string& why) = 0;

  /// Sends as much of `bytes` as the kernel takes.
  /// @returns how many, or -1 with `why` when the connection has broken.
  virtual long send(std::string_view bytes, std::string& why) = 0;

  /// Reads what has come and hands out complete replies, in order.
  /// @returns `false`, with `why`, when the connection has broken.
  virtual bool receive(const std::function<void(reply)>& take,
                       std::string& why) = 0;
};

} // namespace hansom::redis
