#include "tests/unit/gateway/server_fixture.hpp"
#include "tests/unit/persistence/self_signed.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace hansom;
using namespace hansom::testing;

TEST_CASE("with a certificate everything goes over TLS") {
  auto folder = std::filesystem::temp_directory_path()
                / ("hansom_tls_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  store::testing::self_signed own{folder.string(), "localhost",
                                  "DNS:localhost"};
  {
    server s{[&](auto& x) {
      x.certificate_file = own.certificate;
      x.private_key_file = own.key;
    }};
    raw_client c{s.port(), true};
    CHECK(has(s.greet(c), R"("me":"driver/7")"));
    c.send_frame(R"({"type":"shift.start","id":"a1"})");
    CHECK(has(c.expect("ack"), R"("re":"a1")"));
    s.push(R"({"type":"trip","n":1})");
    CHECK_FALSE(c.expect(R"("n":1)").empty());
    raw_client plain{s.port()};
    CHECK_FALSE(has(plain.get("/health/live"), "200"));
    raw_client again{s.port(), true};
    CHECK(has(again.get("/metrics"), "hansom_gateway_tls_failed_total 1"));
  }
  gateway_config broken;
  broken.keys = {{jwt_algorithm::hs256, std::string{test_secret}}};
  broken.certificate_file = own.key;
  broken.private_key_file = own.key;
  CHECK_THROWS_AS(gateway{broken}, std::runtime_error);
  std::filesystem::remove_all(folder);
}
