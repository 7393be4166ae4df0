#include "bench/fleet/ws_loop.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace hansom::fleet {

namespace {

constexpr std::size_t buffer_size = 65'536;
constexpr std::size_t upgrade_answer_max = 8192;
constexpr std::size_t keep_capacity = 512;

/// Gives memory back that a burst needed, so that idle clients stay small.
void shrink(std::string& text) {
  if (text.empty() && text.capacity() > keep_capacity)
    std::string{}.swap(text);
}

} // namespace

ws_loop::ws_loop(const endpoint& to, std::uint32_t links, std::uint64_t seed)
  : ws_loop{std::vector<endpoint>{to}, links, seed} {
}

ws_loop::ws_loop(const std::vector<endpoint>& to, std::uint32_t links,
                 std::uint64_t seed)
  : links_(links), buffer_{std::make_unique<char[]>(buffer_size)}, random_{
                                                                     seed} {
  for (const auto& place : to) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const auto port = std::to_string(place.port);
    if (int error =
          getaddrinfo(place.host.c_str(), port.c_str(), &hints, &found))
      throw std::runtime_error{"host '" + place.host
                               + "': " + gai_strerror(error)};
    auto& x = servers_.emplace_back();
    x.to = place;
    std::memcpy(&x.address, found->ai_addr, found->ai_addrlen);
    x.address_size = found->ai_addrlen;
    freeaddrinfo(found);
  }
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0)
    throw std::runtime_error{std::string{"epoll: "} + std::strerror(errno)};
}

ws_loop::~ws_loop() {
  for (auto& x : links_)
    if (x.fd >= 0)
      ::close(x.fd);
  ::close(epoll_);
}

void ws_loop::open(link_id id, bool resuming, std::uint32_t place) {
  auto& x = links_[id];
  x.place = place % static_cast<std::uint32_t>(servers_.size());
  const auto& at = servers_[x.place];
  x.resuming = resuming;
  x.fd = ::socket(at.address.ss_family,
                  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  x.at = phase::connecting;
  if (x.fd < 0) {
    refused_.push_back(id);
    return;
  }
  const int on = 1;
  ::setsockopt(x.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto address = reinterpret_cast<const sockaddr*>(&at.address);
  if (::connect(x.fd, address, at.address_size) != 0 && errno != EINPROGRESS) {
    refused_.push_back(id);
    return;
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT;
  event.data.u32 = id;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, x.fd, &event);
  x.wants_write = true;
}

bool ws_loop::is_open(link_id id) const noexcept {
  return links_[id].at == phase::open;
}

bool ws_loop::send(link_id id, std::string_view text) {
  auto& x = links_[id];
  if (x.at != phase::open)
    return false;
  if (x.out.size() + text.size() > outbound_max) {
    ++count_.refused_full;
    return false;
  }
  append_frame(x.out, opcode::text, text,
               static_cast<std::uint32_t>(random_.next()));
  ++count_.frames_out;
  mark_dirty(id);
  return true;
}

bool ws_loop::send_raw(link_id id, std::string_view frames,
                       std::uint64_t count) {
  auto& x = links_[id];
  if (x.at != phase::open)
    return false;
  if (x.out.size() + frames.size() > outbound_max) {
    count_.refused_full += count;
    return false;
  }
  x.out.append(frames);
  count_.frames_out += count;
  mark_dirty(id);
  return true;
}

void ws_loop::close(link_id id, std::uint16_t code) {
  auto& x = links_[id];
  if (x.at == phase::open) {
    const char body[2] = {static_cast<char>(code >> 8),
                          static_cast<char>(code & 255)};
    append_frame(x.out, opcode::close, {body, 2},
                 static_cast<std::uint32_t>(random_.next()));
    // A goodbye may get lost; nobody waits for it.
    (void)!::send(x.fd, x.out.data(), x.out.size(), MSG_NOSIGNAL);
  }
  drop(id);
}

void ws_loop::abort(link_id id) {
  auto& x = links_[id];
  if (x.fd >= 0) {
    const linger now{1, 0}; // A reset instead of an orderly end.
    ::setsockopt(x.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  drop(id);
}

void ws_loop::poll(int timeout_ms, listener& to) {
  flush_all(to);
  for (auto id : std::exchange(refused_, {}))
    fail(id, 0, "connection refused", to);
  epoll_event events[256];
  const int n = ::epoll_wait(epoll_, events, 256, timeout_ms);
  for (int i = 0; i < n; ++i)
    handle(events[i].data.u32, events[i].events, to);
  flush_all(to);
}

void ws_loop::mark_dirty(link_id id) {
  auto& x = links_[id];
  if (!x.dirty && !x.wants_write) {
    x.dirty = true;
    dirty_.push_back(id);
  }
}

void ws_loop::flush_all(listener& to) {
  // Handlers may queue more, for this link or another, while we go.
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    const auto id = dirty_[i];
    links_[id].dirty = false;
    flush(id, to);
  }
  dirty_.clear();
}

void ws_loop::flush(link_id id, listener& to) {
  auto& x = links_[id];
  if (x.out.empty() || x.fd < 0)
    return;
  const auto n = ::send(x.fd, x.out.data(), x.out.size(), MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN && errno != EINTR)
    return fail(id, 0, std::strerror(errno), to);
  if (n > 0) {
    count_.bytes_out += static_cast<std::uint64_t>(n);
    x.out.erase(0, static_cast<std::size_t>(n));
    shrink(x.out);
  }
  watch(id, !x.out.empty());
}

void ws_loop::handle(link_id id, std::uint32_t events, listener& to) {
  auto& x = links_[id];
  if (x.fd < 0)
    return; // Closed by a handler earlier in this round.
  if (x.at == phase::connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(x.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0)
      return fail(id, 0, std::strerror(error), to);
    x.at = phase::upgrading;
    x.key = make_key(random_.next(), random_.next());
    x.out = upgrade_request(servers_[x.place].to, x.key, x.resuming);
  }
  if ((events & EPOLLOUT) != 0)
    flush(id, to);
  if (x.fd >= 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
    read(id, to);
}

void ws_loop::read(link_id id, listener& to) {
  auto& x = links_[id];
  const auto n = ::recv(x.fd, buffer_.get(), buffer_size, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n <= 0)
    return fail(id, 0, n == 0 ? "closed" : std::strerror(errno), to);
  count_.bytes_in += static_cast<std::uint64_t>(n);
  std::string_view bytes{buffer_.get(), static_cast<std::size_t>(n)};
  std::string joined;
  if (!x.in.empty()) {
    joined = std::move(x.in);
    x.in.clear();
    joined += bytes;
    bytes = joined;
  }
  if (x.at == phase::upgrading && !upgrade(id, bytes, to))
    return;
  while (x.at == phase::open) {
    frame_view next;
    const auto size = take_frame(bytes, next);
    if (size < 0)
      return fail(id, 0, "the server broke the websocket protocol", to);
    if (size == 0)
      break;
    bytes.remove_prefix(static_cast<std::size_t>(size));
    if (!frame(id, next, to))
      return;
  }
  if (x.at == phase::open)
    x.in = bytes;
}

/// @returns whether the link is open and `bytes` holds what follows.
bool ws_loop::upgrade(link_id id, std::string_view& bytes, listener& to) {
  auto& x = links_[id];
  const auto end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) {
    if (bytes.size() > upgrade_answer_max)
      fail(id, 0, "the server's upgrade answer is too long", to);
    else
      x.in = bytes;
    return false;
  }
  if (auto why = check_upgrade(bytes.substr(0, end + 2), x.key); !why.empty()) {
    fail(id, 0, why, to);
    return false;
  }
  bytes.remove_prefix(end + 4);
  x.at = phase::open;
  std::string{}.swap(x.key);
  to.on_open(id);
  return x.at == phase::open;
}

/// @returns whether the link is still the one that the bytes came from.
bool ws_loop::frame(link_id id, const frame_view& what, listener& to) {
  auto& x = links_[id];
  const int fd = x.fd;
  switch (what.code) {
  case opcode::ping:
    append_frame(x.out, opcode::pong, what.payload,
                 static_cast<std::uint32_t>(random_.next()));
    mark_dirty(id);
    return true;
  case opcode::pong:
    return true;
  case opcode::close: {
    const auto& p = what.payload;
    const auto code = p.size() < 2 ? 1005
                                   : static_cast<unsigned char>(p[0]) << 8
                                       | static_cast<unsigned char>(p[1]);
    const std::string reason{p.size() > 2 ? p.substr(2) : ""};
    fail(id, static_cast<std::uint16_t>(code), reason, to);
    return false;
  }
  case opcode::text:
  case opcode::continuation:
    break;
  default:
    fail(id, 0, "the server sent a frame that is not text", to);
    return false;
  }
  if (what.final && x.message.empty()) {
    ++count_.frames_in;
    to.on_text(id, what.payload);
  } else {
    x.message += what.payload;
    if (x.message.size() > server_frame_max) {
      fail(id, 0, "the server's message is too long", to);
      return false;
    }
    if (what.final) {
      ++count_.frames_in;
      const auto whole = std::exchange(x.message, {});
      to.on_text(id, whole);
    }
  }
  return links_[id].fd == fd && fd >= 0;
}

void ws_loop::watch(link_id id, bool write) {
  auto& x = links_[id];
  if (x.wants_write == write || x.fd < 0)
    return;
  x.wants_write = write;
  epoll_event event{};
  event.events = write ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u32 = id;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, x.fd, &event);
}

void ws_loop::drop(link_id id) {
  auto& x = links_[id];
  if (x.fd >= 0)
    ::close(x.fd);
  const bool dirty = x.dirty;
  x = link{};
  x.dirty = dirty; // Still listed; flushing nothing is harmless.
}

void ws_loop::fail(link_id id, std::uint16_t code, std::string_view why,
                   listener& to) {
  const std::string reason{why};
  drop(id);
  to.on_closed(id, code, reason);
}

} // namespace hansom::fleet
