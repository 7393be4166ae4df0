#include "persistence/redis/hiredis_wire.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

namespace hansom::redis {

namespace {

using context_holder = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using session_holder = std::unique_ptr<SSL, decltype(&SSL_free)>;

std::string last_error() {
  auto code = ERR_get_error();
  ERR_clear_error();
  std::array<char, 256> text{};
  if (code == 0)
    return "the server has closed the connection";
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

/// Whom to trust, and who we are; read anew for each connection, so that a
/// renewed certificate needs no restart.
bool load(SSL_CTX* context, const endpoint& to, std::string& why) {
  auto fails = [&](const char* setting, const std::string& file) {
    why =
      std::string{setting} + ": " + file + " cannot be used: " + last_error();
    return false;
  };
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE
                              | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (to.tls_ca_file.empty())
    SSL_CTX_set_default_verify_paths(context);
  else if (SSL_CTX_load_verify_file(context, to.tls_ca_file.c_str()) != 1)
    return fails("redis.tls_ca_file", to.tls_ca_file);
  if (to.tls_certificate_file.empty())
    return true;
  if (SSL_CTX_use_certificate_chain_file(context,
                                         to.tls_certificate_file.c_str())
      != 1)
    return fails("redis.tls_certificate_file", to.tls_certificate_file);
  if (SSL_CTX_use_PrivateKey_file(context, to.tls_key_file.c_str(),
                                  SSL_FILETYPE_PEM)
        != 1
      || SSL_CTX_check_private_key(context) != 1)
    return fails("redis.tls_key_file", to.tls_key_file);
  return true;
}

/// The certificate has to be for the host that was asked for.
void expect_host(SSL* session, const std::string& host) {
  auto* rules = SSL_get0_param(session);
  if (X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1)
    return;
  X509_VERIFY_PARAM_set1_host(rules, host.c_str(), host.size());
  SSL_set_tlsext_host_name(session, host.c_str());
}

class tls_wire final : public hiredis_wire {
public:
  tls_wire(redisContext* context, context_holder rules)
    : hiredis_wire{context}, rules_{std::move(rules)} {
  }

  /// @returns `false`, with `why`, when it cannot even begin.
  bool begin(const endpoint& to, std::string& why) {
    if (!rules_ || !load(rules_.get(), to, why))
      return false;
    session_.reset(SSL_new(rules_.get()));
    if (!session_ || SSL_set_fd(session_.get(), fd()) != 1) {
      why = "TLS: " + last_error();
      return false;
    }
    expect_host(session_.get(), to.host);
    return true;
  }

  progress established(std::string& why) override {
    if (auto plain = hiredis_wire::established(why); plain != progress::stands)
      return plain;
    ERR_clear_error();
    auto code = SSL_connect(session_.get());
    if (code == 1)
      return progress::stands;
    switch (SSL_get_error(session_.get(), code)) {
    case SSL_ERROR_WANT_READ:
      return progress::wants_read;
    case SSL_ERROR_WANT_WRITE:
      return progress::wants_write;
    default:
      why = "TLS: " + reason();
      return progress::broken;
    }
  }

  long send(std::string_view bytes, std::string& why) override {
    ERR_clear_error();
    auto n =
      SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size()));
    return n > 0 || may_go_on(n, why) ? std::max(n, 0) : -1;
  }

  bool receive(const std::function<void(reply)>& take,
               std::string& why) override {
    std::array<char, 16384> buffer; // NOLINT(*-member-init): filled below.
    for (;;) {
      ERR_clear_error();
      auto n = SSL_read(session_.get(), buffer.data(),
                        static_cast<int>(buffer.size()));
      if (n <= 0)
        return may_go_on(n, why) && hand_out(take, why);
      if (!feed({buffer.data(), static_cast<std::size_t>(n)}, why))
        return false;
    }
  }

private:
  [[nodiscard]] std::string reason() const {
    auto verdict = SSL_get_verify_result(session_.get());
    if (verdict == X509_V_OK)
      return last_error();
    ERR_clear_error();
    return std::string{"the server's certificate is refused: "}
           + X509_verify_cert_error_string(verdict);
  }

  /// @returns whether a call only has to wait for the network.
  bool may_go_on(int code, std::string& why) const {
    auto what = SSL_get_error(session_.get(), code);
    if (what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE)
      return true;
    why = "TLS: " + reason();
    return false;
  }

  context_holder rules_;
  session_holder session_{nullptr, SSL_free};
};

} // namespace

std::unique_ptr<wire> make_tls_wire(redisContext* context, const endpoint& to,
                                    std::string& why) {
  auto out = std::make_unique<tls_wire>(
    context, context_holder{SSL_CTX_new(TLS_client_method()), SSL_CTX_free});
  if (!out->begin(to, why))
    return nullptr;
  return out;
}

} // namespace hansom::redis
