#include "tests/unit/gateway/server_fixture.hpp"

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <filesystem>

using namespace hansom;
using namespace hansom::testing;

namespace {

/// Writes a self-signed certificate and its key.
void make_certificate(const std::string& certificate, const std::string& key) {
  auto* pair = EVP_EC_gen("P-256");
  auto* x = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -60);
  X509_gmtime_adj(X509_getm_notAfter(x), 3600);
  X509_set_pubkey(x, pair);
  auto* name = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(
    name, "CN", MBSTRING_ASC,
    reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(x, name);
  X509_sign(x, pair, EVP_sha256());
  auto* file = std::fopen(certificate.c_str(), "w");
  PEM_write_X509(file, x);
  std::fclose(file);
  file = std::fopen(key.c_str(), "w");
  PEM_write_PrivateKey(file, pair, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  X509_free(x);
  EVP_PKEY_free(pair);
}

} // namespace

TEST_CASE("with a certificate everything goes over TLS") {
  auto folder = std::filesystem::temp_directory_path()
                / ("hansom_tls_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  auto certificate = (folder / "cert.pem").string();
  auto key = (folder / "key.pem").string();
  make_certificate(certificate, key);
  {
    server s{[&](auto& x) {
      x.certificate_file = certificate;
      x.private_key_file = key;
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
  broken.certificate_file = key;
  broken.private_key_file = key;
  CHECK_THROWS_AS(gateway{broken}, std::runtime_error);
  std::filesystem::remove_all(folder);
}
