#include "cluster/mesh/tcp_prober.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace hansom {

namespace {

link_evidence meaning_of(int error) noexcept {
  switch (error) {
  case 0:
    return link_evidence::none;
  case ECONNREFUSED:
    return link_evidence::refused;
  case ECONNRESET:
    return link_evidence::reset;
  default:
    return link_evidence::timeout;
  }
}

/// @returns the size of the address; 0 when the text is none.
socklen_t to_address(const peer_address& x, sockaddr_storage& out) {
  std::memset(&out, 0, sizeof out);
  auto& v4 = reinterpret_cast<sockaddr_in&>(out);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
  if (::inet_pton(AF_INET, x.host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(x.port);
    return sizeof v4;
  }
  if (::inet_pton(AF_INET6, x.host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(x.port);
    return sizeof v6;
  }
  return 0;
}

} // namespace

tcp_prober::tcp_prober() : wake_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)} {
  if (wake_ < 0)
    throw std::system_error{errno, std::generic_category(), "eventfd"};
  thread_ = std::thread{[this] { run(); }};
}

tcp_prober::~tcp_prober() {
  stop();
  ::close(wake_);
}

void tcp_prober::wake() const {
  std::uint64_t one = 1;
  // Full means that a wake-up is due already.
  [[maybe_unused]] auto n = ::write(wake_, &one, sizeof one);
}

void tcp_prober::stop() {
  {
    std::lock_guard guard{mutex_};
    ended_ = true;
  }
  wake();
  if (thread_.joinable())
    thread_.join();
}

void tcp_prober::probe(const peer_address& where, milliseconds within,
                       answer done) {
  sockaddr_storage to;
  auto size = to_address(where, to);
  auto s = size == 0 ? -1
                     : ::socket(to.ss_family,
                                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  auto error = s < 0 ? EINVAL : 0;
  if (error == 0 && ::connect(s, reinterpret_cast<sockaddr*>(&to), size) != 0)
    error = errno;
  if (error != 0 && error != EINPROGRESS) {
    if (s >= 0)
      ::close(s);
    return done(meaning_of(error));
  }
  {
    std::lock_guard guard{mutex_};
    if (ended_) {
      ::close(s);
      return;
    }
    fresh_.push_back({s, clock::now() + within, std::move(done)});
  }
  wake();
}

void tcp_prober::look_at(std::vector<attempt>& all) {
  std::vector<pollfd> fds{{wake_, POLLIN, 0}};
  auto next = clock::now() + std::chrono::hours{1};
  for (auto& x : all) {
    fds.push_back({x.socket, POLLOUT, 0});
    next = std::min(next, x.deadline);
  }
  auto wait = std::chrono::ceil<milliseconds>(next - clock::now()).count();
  ::poll(fds.data(), fds.size(),
         static_cast<int>(std::max<std::int64_t>(wait, 0)));
  std::uint64_t n = 0;
  [[maybe_unused]] auto got = ::read(wake_, &n, sizeof n);
  auto now = clock::now();
  std::size_t i = 0;
  std::erase_if(all, [&](attempt& x) {
    auto ready = fds[++i].revents != 0;
    if (!ready && now < x.deadline)
      return false;
    auto error = ETIMEDOUT;
    socklen_t size = sizeof error;
    if (ready)
      ::getsockopt(x.socket, SOL_SOCKET, SO_ERROR, &error, &size);
    ::close(x.socket);
    x.done(meaning_of(error));
    return true;
  });
}

void tcp_prober::run() {
  std::vector<attempt> all;
  for (;;) {
    {
      std::lock_guard guard{mutex_};
      all.insert(all.end(), std::make_move_iterator(fresh_.begin()),
                 std::make_move_iterator(fresh_.end()));
      fresh_.clear();
      if (ended_)
        break;
    }
    look_at(all);
  }
  for (auto& x : all)
    ::close(x.socket);
}

} // namespace hansom
