// rediss://: a real server that speaks TLS, and certificates of all kinds.

#include "tests/unit/persistence/redis_server.hpp"
#include "tests/unit/persistence/self_signed.hpp"

#include <arpa/inet.h>

namespace hansom::redis::testing {

namespace {

constexpr milliseconds patience{5000};

std::uint16_t free_port() {
  auto s = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  ::bind(s, reinterpret_cast<sockaddr*>(&at), sizeof at);
  ::getsockname(s, reinterpret_cast<sockaddr*>(&at), &size);
  ::close(s);
  return ntohs(at.sin_port);
}

struct tls_server {
  explicit tls_server(const char* clients, const char* alternative)
    : own{folder.path(), "server", alternative}, other{folder.path(), "other",
                                                       "IP:127.0.0.1"},
      port{free_port()}, it{{"--tls-port", std::to_string(port), "--bind",
                             "127.0.0.1", "--tls-cert-file", own.certificate,
                             "--tls-key-file", own.key, "--tls-ca-cert-file",
                             other.certificate, "--tls-auth-clients",
                             clients}} {
  }

  [[nodiscard]] link_config config() const {
    link_config out;
    std::string why;
    REQUIRE(
      parse_url("rediss://127.0.0.1:" + std::to_string(port), out.to, why));
    out.to.tls_ca_file = own.certificate;
    out.connect_timeout = patience;
    return out;
  }

  store::testing::temporary_folder folder;
  store::testing::self_signed own;
  store::testing::self_signed other;
  std::uint16_t port;
  redis_server it;
};

/// @returns why the link does not come about.
std::string refusal(const link_config& with) {
  link x{with};
  x.start();
  eventually(
    [&] { return x.connected() || x.health().why != "not connected yet"; });
  CHECK_FALSE(x.connected());
  return x.health().why;
}

bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("redis over TLS: large and many, and again after a restart") {
  tls_server server{"no", "IP:127.0.0.1"};
  link x{server.config()};
  x.start();
  REQUIRE(x.wait_connected(patience));
  const std::string large(3'000'000, 'x');
  REQUIRE(x.call(command{"SET", "large", large}, patience).ok());
  CHECK(x.call(command{"GET", "large"}, patience).text == large);
  std::vector<command> many;
  for (int i = 0; i < 5000; ++i)
    many.push_back(command{"INCR", "n"});
  auto answers = x.call(many, patience);
  REQUIRE(answers.size() == 5000);
  CHECK(answers.back().number == 5000);
  server.it.stop();
  REQUIRE(eventually([&] { return !x.connected(); }));
  server.it.start();
  REQUIRE(x.wait_connected(patience));
  CHECK(x.call(command{"PING"}, patience).text == "PONG");
}

TEST_CASE("redis over TLS: a server that nobody vouches for is refused") {
  tls_server server{"no", "IP:127.0.0.1"};
  auto with = server.config();
  with.to.tls_ca_file = server.other.certificate;
  CHECK(has(refusal(with), "certificate is refused"));
  with.to.tls_ca_file.clear(); // The system's do not know it either.
  CHECK(has(refusal(with), "certificate is refused"));
  with.to.tls_ca_file = server.folder.path() + "/none";
  CHECK(has(refusal(with), "redis.tls_ca_file"));
}

TEST_CASE("redis over TLS: another host's certificate is refused") {
  tls_server server{"no", "IP:127.0.0.2,DNS:elsewhere"};
  auto why = refusal(server.config());
  CAPTURE(why);
  CHECK(has(why, "mismatch"));
}

TEST_CASE("redis over TLS: a server that wants a certificate gets ours") {
  tls_server server{"yes", "IP:127.0.0.1"};
  auto with = server.config();
  CHECK_FALSE(refusal(with).empty());
  with.to.tls_certificate_file = server.other.certificate;
  CHECK(has(refusal(with), "redis.tls_key_file"));
  with.to.tls_key_file = server.other.key;
  link x{with};
  x.start();
  REQUIRE(x.wait_connected(patience));
  CHECK(x.call(command{"PING"}, patience).text == "PONG");
}

} // namespace hansom::redis::testing
