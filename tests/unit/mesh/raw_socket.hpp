#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace hansom::testing {

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in x{};
  x.sin_family = AF_INET;
  x.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  x.sin_port = htons(port);
  return x;
}

/// A connection that knows no protocol.
class raw_socket {
public:
  /// @param wait for the connection to be made.
  raw_socket(std::uint16_t port, bool wait)
    : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)} {
    auto to = loopback(port);
    [[maybe_unused]] auto n =
      ::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to);
    if (!wait)
      return;
    pollfd x{socket_, POLLOUT, 0};
    ::poll(&x, 1, 2'000);
  }
  ~raw_socket() {
    if (socket_ >= 0)
      ::close(socket_);
  }
  raw_socket(raw_socket&& x) noexcept : socket_{std::exchange(x.socket_, -1)} {
  }
  raw_socket& operator=(raw_socket&&) = delete;

  void send(std::string_view text) {
    [[maybe_unused]] auto n =
      ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
  }

private:
  int socket_;
};

/// Listens and never accepts.
class listening_socket {
public:
  explicit listening_socket(int queue = 16)
    : socket_{::socket(AF_INET, SOCK_STREAM, 0)} {
    auto at = loopback(0);
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0
        || ::listen(socket_, queue) != 0)
      throw std::runtime_error{"cannot listen on loopback"};
  }
  ~listening_socket() {
    ::close(socket_);
  }
  listening_socket(const listening_socket&) = delete;
  listening_socket& operator=(const listening_socket&) = delete;

  [[nodiscard]] std::uint16_t port() const {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size);
    return ntohs(at.sin_port);
  }

private:
  int socket_;
};

} // namespace hansom::testing
