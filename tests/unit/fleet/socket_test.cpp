// Goal: the websocket loop against a server that behaves, and one that does
// not. The server is a plain socket in a thread of the test.

#include "bench/fleet/ws_loop.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <thread>

using namespace hansom::fleet;

namespace {

/// Accepts one client and lets the script speak to it.
class one_client_server {
public:
  explicit one_client_server(std::function<void(int)> script) {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&at), size) == 0);
    REQUIRE(::listen(fd_, 1) == 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    to = {"127.0.0.1", ntohs(at.sin_port), "/v1/ws"};
    thread_ = std::thread{[this, script = std::move(script)] {
      const int client = ::accept(fd_, nullptr, nullptr);
      script(client);
      ::close(client);
    }};
  }
  ~one_client_server() {
    thread_.join();
    ::close(fd_);
  }
  endpoint to;

private:
  int fd_;
  std::thread thread_;
};

void write(int fd, std::string_view text) {
  (void)!::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
}

/// Reads until the client has said at least `size` bytes.
std::string read(int fd, std::size_t size) {
  std::string out;
  char piece[4096];
  while (out.size() < size) {
    const auto n = ::recv(fd, piece, sizeof piece, 0);
    if (n <= 0)
      break;
    out.append(piece, static_cast<std::size_t>(n));
  }
  return out;
}

void accept_upgrade(int fd) {
  std::string head;
  while (head.find("\r\n\r\n") == std::string::npos)
    head += read(fd, 1);
  const std::string name = "Sec-WebSocket-Key: ";
  const auto at = head.find(name) + name.size();
  const auto key = head.substr(at, head.find('\r', at) - at);
  write(fd, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Protocol: "
            "hansom.v1.json\r\nSec-WebSocket-Accept: "
              + accept_key(key) + "\r\n\r\n");
}

/// A short unmasked frame.
std::string frame(int first, std::string_view text) {
  return std::string{static_cast<char>(first), static_cast<char>(text.size())}
         + std::string{text};
}

struct ears : ws_loop::listener {
  bool opened = false;
  std::vector<std::string> texts;
  int code = -1;
  std::string reason;
  void on_open(ws_loop::link_id) override {
    opened = true;
  }
  void on_text(ws_loop::link_id, std::string_view text) override {
    texts.emplace_back(text);
  }
  void on_closed(ws_loop::link_id, std::uint16_t c,
                 std::string_view why) override {
    code = c;
    reason = why;
  }
};

template <class Done>
void run(ws_loop& loop, ears& to, Done done) {
  for (int i = 0; i < 200 && !done(); ++i)
    loop.poll(20, to);
  CHECK(done());
}

} // namespace

TEST_CASE("frames come whole: torn, joined, fragmented, between pings") {
  std::string echoed;
  one_client_server server{[&](int fd) {
    accept_upgrade(fd);
    echoed = read(fd, 2 + 4 + 5);
    auto torn = frame(0x81, "torn");
    write(fd, torn.substr(0, 3));
    std::this_thread::sleep_for(std::chrono::milliseconds{30});
    write(fd, torn.substr(3) + frame(0x81, "joined") + frame(0x01, "frag")
                + frame(0x89, "ping") + frame(0x80, "ment"));
    auto pong = read(fd, 2 + 4 + 4);
    CHECK((pong[0] & 15) == 10);
    write(fd, frame(0x88, std::string{"\x0f\xa0"} + "slow"));
  }};
  ws_loop loop{server.to, 1, 1};
  ears to;
  loop.open(0);
  run(loop, to, [&] { return to.opened; });
  CHECK(loop.send(0, "hello"));
  run(loop, to, [&] { return to.code >= 0; });
  CHECK(to.texts == std::vector<std::string>{"torn", "joined", "fragment"});
  CHECK(to.code == 4000);
  CHECK(to.reason == "slow");
  CHECK_FALSE(loop.is_open(0));
  CHECK_FALSE(loop.send(0, "too late"));
  REQUIRE(echoed.size() == 11);
  for (std::size_t i = 0; i < 5; ++i)
    CHECK(static_cast<char>(echoed[6 + i] ^ echoed[2 + (i & 3)]) == "hello"[i]);
}

TEST_CASE("a server that refuses, rants or hangs up is told apart") {
  const char* said[] = {"HTTP/1.1 503 Service Unavailable\r\n\r\n",
                        "rubbish\r\n\r\n", ""};
  const char* heard[] = {"the server answered 'HTTP/1.1 503 Service "
                         "Unavailable'",
                         "the server answered 'rubbish'", "closed"};
  for (int i = 0; i < 3; ++i) {
    one_client_server server{[&](int fd) {
      read(fd, 100);
      write(fd, said[i]);
    }};
    ws_loop loop{server.to, 1, 1};
    ears to;
    loop.open(0);
    run(loop, to, [&] { return to.code >= 0; });
    CHECK(to.code == 0);
    CHECK(to.reason == heard[i]);
  }
}

TEST_CASE("nobody there") {
  ws_loop loop{{"127.0.0.1", 1, "/"}, 1, 1};
  ears to;
  loop.open(0);
  run(loop, to, [&] { return to.code >= 0; });
  CHECK(to.reason == "Connection refused");
}
