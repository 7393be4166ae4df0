#include "gateway/listener.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace hansom {

namespace net = boost::asio;
using tcp = net::ip::tcp;

namespace {

constexpr int accepted_at_once = 64;
constexpr int backlog = 4096;
constexpr std::chrono::milliseconds pause{100};

/// Nobody has read the request; best effort, never blocking.
void turn_away(int socket) {
  static constexpr std::string_view answer =
    "HTTP/1.1 503 Service Unavailable\r\n"
    "Retry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  (void)::send(socket, answer.data(), answer.size(),
               MSG_NOSIGNAL | MSG_DONTWAIT);
  ::close(socket);
}

} // namespace

struct listener::inside {
  inside(gateway_shared& s, const worker_list& w)
    : shared{s}, workers{w}, acceptor{w.front()->io()}, retry{w.front()->io()} {
  }

  void open() {
    auto& config = shared.config;
    boost::system::error_code error;
    auto address = net::ip::make_address(config.address, error);
    if (error)
      throw std::runtime_error{"gateway.address: \"" + config.address
                               + "\" is no IP address"};
    tcp::endpoint at{address, config.port};
    is_v6 = address.is_v6();
    acceptor.open(at.protocol());
    acceptor.set_option(net::socket_base::reuse_address{true});
    acceptor.bind(at, error);
    if (!error)
      acceptor.listen(backlog, error);
    if (error)
      throw std::runtime_error{"cannot listen on " + config.address + ':'
                               + std::to_string(config.port) + ": "
                               + error.message()};
    acceptor.non_blocking(true);
    port = acceptor.local_endpoint().port();
  }

  void wait() {
    acceptor.async_wait(tcp::acceptor::wait_read,
                        [this](const boost::system::error_code& error) {
                          if (!error)
                            accept_some();
                        });
  }

  void accept_some() {
    for (int i = 0; i < accepted_at_once; ++i) {
      auto socket = ::accept4(acceptor.native_handle(), nullptr, nullptr,
                              SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (socket >= 0)
        hand_out(socket);
      else if (errno == EAGAIN || errno == EWOULDBLOCK)
        break;
      else if (errno != EINTR && errno != ECONNABORTED)
        return wait_a_little();
    }
    wait();
  }

  void hand_out(int socket) {
    auto& first = *workers.front();
    if (shared.connections.load(std::memory_order_relaxed)
        >= shared.config.connections_max) {
      first.counters().drop(gateway_drop::connections_full);
      return turn_away(socket);
    }
    shared.connections.fetch_add(1, std::memory_order_relaxed);
    auto& to = *workers[next++ % workers.size()];
    if (&to == &first)
      return first.adopt(socket, is_v6);
    to.post([&to, socket, v6 = is_v6] { to.adopt(socket, v6); });
  }

  /// Out of descriptors or memory: trying again at once would spin.
  void wait_a_little() {
    workers.front()->counters().drop(gateway_drop::accept_failed);
    spdlog::warn("accept failed: {}", std::generic_category().message(errno));
    retry.expires_after(pause);
    retry.async_wait([this](const boost::system::error_code& error) {
      if (!error)
        wait();
    });
  }

  gateway_shared& shared;
  const worker_list& workers;
  tcp::acceptor acceptor;
  net::steady_timer retry;
  std::size_t next = 0;
  bool is_v6 = false;
  std::uint16_t port = 0;
};

listener::listener(gateway_shared& shared, const worker_list& workers)
  : inside_{std::make_unique<inside>(shared, workers)} {
  inside_->open();
}

listener::~listener() = default;

void listener::start() {
  inside_->wait();
}

std::uint16_t listener::port() const noexcept {
  return inside_->port;
}

} // namespace hansom
