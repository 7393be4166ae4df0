#include "tests/unit/persistence/self_signed.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace hansom::store::testing {

self_signed::self_signed(const std::string& folder, const std::string& name,
                         const char* alternative)
  : certificate{folder + '/' + name + ".crt"}, key{folder + '/' + name
                                                   + ".key"} {
  auto* pair = EVP_EC_gen("P-256");
  auto* x = X509_new();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x), 3600);
  X509_set_pubkey(x, pair);
  auto* subject = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(
    subject, "CN", MBSTRING_ASC,
    reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(x, subject);
  auto* names =
    X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative);
  X509_add_ext(x, names, -1);
  X509_EXTENSION_free(names);
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

} // namespace hansom::store::testing
