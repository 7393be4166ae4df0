#include "tests/unit/gateway/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace hansom::testing {

using clock = std::chrono::steady_clock;

raw_client::raw_client(std::uint16_t port, bool tls, int receive_buffer) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0)
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                 sizeof receive_buffer);
  int one = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    throw std::runtime_error{"cannot connect"};
  if (!tls)
    return;
  context_ = SSL_CTX_new(TLS_client_method());
  ssl_ = SSL_new(context_);
  SSL_set_fd(ssl_, socket_);
  if (SSL_connect(ssl_) != 1)
    throw std::runtime_error{"TLS handshake failed"};
}

raw_client::~raw_client() {
  cut();
  SSL_free(ssl_);
  SSL_CTX_free(context_);
}

void raw_client::cut() {
  if (socket_ >= 0)
    ::close(socket_);
  socket_ = -1;
}

void raw_client::send_raw(std::string_view bytes) {
  while (!bytes.empty()) {
    auto n = ssl_ != nullptr
               ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
               : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0)
      return; // The server may have had enough.
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

bool raw_client::fill(clock::time_point until) {
  auto left =
    std::chrono::duration_cast<std::chrono::milliseconds>(until - clock::now())
      .count();
  pollfd p{socket_, POLLIN, 0};
  if (ssl_ == nullptr || SSL_pending(ssl_) == 0)
    if (left <= 0 || ::poll(&p, 1, static_cast<int>(left)) <= 0)
      return false;
  char chunk[16384];
  auto n = ssl_ != nullptr ? SSL_read(ssl_, chunk, sizeof chunk)
                           : ::recv(socket_, chunk, sizeof chunk, 0);
  if (n <= 0)
    return false;
  buffer_.append(chunk, static_cast<std::size_t>(n));
  return true;
}

bool raw_client::fill_to(std::size_t n, clock::time_point until) {
  while (buffer_.size() < n)
    if (!fill(until))
      return false;
  return true;
}

std::string raw_client::http(std::string_view request) {
  send_raw(request);
  auto until = clock::now() + std::chrono::seconds{5};
  std::size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
    if (!fill(until))
      return std::exchange(buffer_, {});
  auto size = end + 4;
  if (auto at = buffer_.find("Content-Length: "); at < end)
    size += static_cast<std::size_t>(std::atoi(buffer_.c_str() + at + 16));
  fill_to(size, until);
  auto result = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return result;
}

std::string raw_client::get(std::string_view target, std::string_view headers) {
  return http("GET " + std::string{target} + " HTTP/1.1\r\nHost: x\r\n"
              + std::string{headers} + "\r\n");
}

int raw_client::upgrade(std::string_view headers, std::string_view target,
                        std::string_view subprotocol) {
  std::string request = "GET " + std::string{target}
                        + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
                          "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  if (!subprotocol.empty())
    request += "Sec-WebSocket-Protocol: " + std::string{subprotocol} + "\r\n";
  auto answer = http(request + std::string{headers} + "\r\n");
  return answer.size() > 12 ? std::atoi(answer.c_str() + 9) : 0;
}

void raw_client::send_frame(std::string_view payload, int opcode) {
  std::string out;
  out += static_cast<char>(0x80 | opcode);
  auto n = payload.size();
  if (n < 126) {
    out += static_cast<char>(0x80 | n);
  } else if (n < 65536) {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(n >> 8);
    out += static_cast<char>(n & 255);
  } else {
    out += static_cast<char>(0x80 | 127);
    for (int shift = 56; shift >= 0; shift -= 8)
      out += static_cast<char>((n >> shift) & 255);
  }
  out.append("\1\2\3\4", 4);
  for (std::size_t i = 0; i < n; ++i)
    out += static_cast<char>(payload[i] ^ ((i & 3) + 1));
  send_raw(out);
}

raw_client::frame raw_client::read_frame(std::chrono::milliseconds within) {
  auto until = clock::now() + within;
  if (!fill_to(2, until))
    return {};
  auto byte = [this](std::size_t i) {
    return static_cast<unsigned char>(buffer_[i]);
  };
  std::size_t size = byte(1) & 127;
  std::size_t head = 2;
  if (size >= 126) {
    auto more = size == 126 ? 2U : 8U;
    if (!fill_to(head + more, until))
      return {};
    size = 0;
    for (std::size_t i = 0; i < more; ++i)
      size = size << 8 | byte(head + i);
    head += more;
  }
  if (!fill_to(head + size, until))
    return {};
  frame result{byte(0) & 15, buffer_.substr(head, size)};
  buffer_.erase(0, head + size);
  return result;
}

int raw_client::frame::close_code() const {
  if (opcode != 8 || payload.size() < 2)
    return 0;
  return static_cast<unsigned char>(payload[0]) << 8
         | static_cast<unsigned char>(payload[1]);
}

std::string raw_client::expect(std::string_view part,
                               std::chrono::milliseconds within) {
  auto until = clock::now() + within;
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      until - clock::now());
    auto got = read_frame(std::max(left, std::chrono::milliseconds{1}));
    if (got.opcode == 0 || got.opcode == 8)
      return {};
    if (got.opcode == 1 && got.payload.find(part) != std::string::npos)
      return got.payload;
  }
}

int raw_client::expect_close(std::chrono::milliseconds within) {
  auto until = clock::now() + within;
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      until - clock::now());
    auto got = read_frame(std::max(left, std::chrono::milliseconds{1}));
    if (got.opcode == 8)
      return got.close_code();
    if (got.opcode == 0)
      return 0;
  }
}

} // namespace hansom::testing
