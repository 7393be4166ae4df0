#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hansom::redis {

/// Where a Redis server is, and as whom to speak to it.
struct endpoint {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::string socket; ///< Path of a unix socket; then host and port are unused.
  std::string user;   ///< Empty: the default user.
  std::string password;
  unsigned database = 0;
  bool tls = false;
  std::string tls_ca_file; ///< Who vouches for the server; empty: the system's.
  std::string tls_certificate_file; ///< Ours, if the server wants one.
  std::string tls_key_file;
};

/// Reads `redis://[[user]:password@]host[:port][/database]`, the same with
/// `rediss://` for TLS, or
/// `unix://[[user]:password@]/path[?db=database]`; user and password may be
/// percent-encoded.
/// @returns `false`, with `why`, when the text is neither; `out` is then
///          undefined.
bool parse_url(std::string_view text, endpoint& out, std::string& why);

/// For logs and the console: without the password.
std::string to_string(const endpoint& x);

/// @returns the url with its password replaced by stars.
std::string masked_url(const std::string& url);

} // namespace hansom::redis
