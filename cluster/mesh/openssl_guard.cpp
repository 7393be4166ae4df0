#include "cluster/mesh/openssl_guard.hpp"

#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <initializer_list>

namespace {

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

using transfer_in = int (*)(SSL*, void*, int);
using transfer_out = int (*)(SSL*, const void*, int);
using handshake = int (*)(SSL*);

} // namespace

extern "C" int SSL_read(SSL* s, void* to, int n) {
  static const auto real = next<transfer_in>("SSL_read");
  ERR_clear_error();
  return real(s, to, n);
}

extern "C" int SSL_write(SSL* s, const void* from, int n) {
  static const auto real = next<transfer_out>("SSL_write");
  ERR_clear_error();
  return real(s, from, n);
}

extern "C" int SSL_accept(SSL* s) {
  static const auto real = next<handshake>("SSL_accept");
  ERR_clear_error();
  return real(s);
}

extern "C" int SSL_connect(SSL* s) {
  static const auto real = next<handshake>("SSL_connect");
  ERR_clear_error();
  return real(s);
}

namespace hansom {

bool openssl_is_guarded() {
  for (auto* name : {"SSL_read", "SSL_write", "SSL_accept", "SSL_connect"})
    if (next<void*>(name) == nullptr)
      return false;
  return dlsym(RTLD_DEFAULT, "SSL_read") == reinterpret_cast<void*>(&SSL_read);
}

} // namespace hansom
