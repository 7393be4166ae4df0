#include "tests/unit/mesh/certificates.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace hansom::testing {

namespace {

using key_ptr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using cert_ptr = std::unique_ptr<X509, decltype(&X509_free)>;

key_ptr make_key() {
  return {EVP_EC_gen("P-256"), &EVP_PKEY_free};
}

cert_ptr make_cert(const char* name, long serial, EVP_PKEY* key, X509* issuer,
                   EVP_PKEY* signer) {
  cert_ptr x{X509_new(), &X509_free};
  X509_set_version(x.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(x.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x.get()), 3600);
  X509_set_pubkey(x.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1,
                             -1, 0);
  X509_set_issuer_name(x.get(),
                       X509_get_subject_name(issuer ? issuer : x.get()));
  if (!issuer) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, x.get(), x.get(), nullptr, nullptr, 0);
    auto* ca = X509V3_EXT_conf_nid(nullptr, &context, NID_basic_constraints,
                                   "critical,CA:TRUE");
    X509_add_ext(x.get(), ca, -1);
    X509_EXTENSION_free(ca);
  }
  X509_sign(x.get(), signer, EVP_sha256());
  return x;
}

template <class Write>
void to_file(const std::filesystem::path& path, Write&& write) {
  auto* out = std::fopen(path.c_str(), "w");
  if (!out)
    throw std::runtime_error{"cannot write " + path.string()};
  write(out);
  std::fclose(out);
}

} // namespace

certificates::certificates() {
  auto name = (std::filesystem::temp_directory_path() / "mesh-XXXXXX").string();
  if (!::mkdtemp(name.data()))
    throw std::runtime_error{"no temporary folder"};
  folder_ = name;
  auto ca_key = make_key();
  auto ca = make_cert("test authority", 1, ca_key.get(), nullptr, ca_key.get());
  auto key = make_key();
  auto cert = make_cert("node", 2, key.get(), ca.get(), ca_key.get());
  to_file(folder_ / "ca.pem",
          [&](auto* out) { PEM_write_X509(out, ca.get()); });
  to_file(folder_ / "node.pem",
          [&](auto* out) { PEM_write_X509(out, cert.get()); });
  to_file(folder_ / "node.key", [&](auto* out) {
    PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

certificates::~certificates() {
  std::filesystem::remove_all(folder_);
}

mesh_tls certificates::node() const {
  return {(folder_ / "node.pem").string(), (folder_ / "node.key").string(),
          (folder_ / "ca.pem").string()};
}

} // namespace hansom::testing
