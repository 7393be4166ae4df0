#pragma once

#include "gateway/console/console_sessions.hpp"
#include "gateway/http_routes.hpp"

#include <prometheus/collectable.h>

#include <atomic>
#include <functional>
#include <memory>

namespace hansom {

/// How a browser speaks for somebody: a token is exchanged for a cookie, and a
/// change needs a header besides that no foreign page can send.
///
///   POST   /v1/console/session {"token":"..."} or {"code":"..."}   log in
///   GET    /v1/console/session                                     who am I
///   DELETE /v1/console/session                                     log out
///   POST   /v1/console/codes                   a one-time code, for a bearer
///
/// Thread-safe.
class console_access {
public:
  /// @param tokens must outlive this object.
  /// @param tls whether the gateway itself speaks TLS.
  console_access(const token_verifier& tokens, bool tls);

  /// Time of the node; before it is set nobody gets in.
  void set_clock(std::function<timestamp()> now);

  /// Sets `who` of a request with a cookie, below /v1/admin/ and /v1/console/.
  /// @returns a refusal for a change that a foreign page may have sent.
  std::optional<http_response> identify(http_request& request, timestamp now);

  void add_routes(http_routes& routes);

  /// What GET and POST tell the page besides who he is: JSON members, such as
  /// "\"tiles\":\"\"". Before the gateway starts.
  void set_facts(std::string members) {
    facts_ = std::move(members);
  }

  /// Logins, by what became of them.
  struct figures {
    std::atomic<std::uint64_t> opened{0};
    std::atomic<std::uint64_t> refused{0};  ///< A wrong token or code.
    std::atomic<std::uint64_t> held_off{0}; ///< Too many were wrong before.
  };
  [[nodiscard]] const figures& logins() const noexcept {
    return logins_;
  }

private:
  http_response log_in(const http_request& request);
  http_response tell(const http_request& request);
  [[nodiscard]] http_response
  describe(const console_sessions::session& x) const;
  http_response log_out(const http_request& request);
  http_response make_code(const http_request& request);
  http_response refused(const http_request& request, std::string_view why);
  [[nodiscard]] std::string secret_of(const http_request& request) const;
  [[nodiscard]] bool is_secure(const http_request& request) const;

  const token_verifier& tokens_;
  bool tls_;
  std::function<timestamp()> now_;
  std::string facts_;
  console_sessions sessions_;
  figures logins_;
};

/// @param from must outlive the result.
std::shared_ptr<prometheus::Collectable>
make_login_collector(const console_access& from);

/// @returns whether the console is for this role.
bool may_use_console(client_role role) noexcept;

/// @returns the value of a cookie; empty when it is not there.
std::string_view cookie_value(std::string_view header, std::string_view name);

} // namespace hansom
