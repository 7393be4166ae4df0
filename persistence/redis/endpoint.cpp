#include "persistence/redis/endpoint.hpp"

#include <charconv>

namespace hansom::redis {

namespace {

template <class T>
bool parse_number(std::string_view text, T& out) {
  auto end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, out);
  return error == std::errc{} && at == end && !text.empty();
}

bool decode_percent(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned value = 0;
    if (i + 2 >= text.size())
      return false;
    auto hex = text.substr(i + 1, 2);
    auto [at, error] =
      std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
    if (error != std::errc{} || at != hex.data() + hex.size())
      return false;
    out += static_cast<char>(value);
    i += 2;
  }
  return true;
}

/// Takes "user:password@" off the front of `rest`.
bool take_credentials(std::string_view& rest, endpoint& out, std::string& why) {
  auto at = rest.rfind('@');
  if (at == std::string_view::npos)
    return true;
  auto who = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  auto colon = who.find(':');
  if (colon == std::string_view::npos) {
    why = "before the @ a user and a password are expected: user:password@, "
          "or :password@ for the default user";
    return false;
  }
  if (decode_percent(who.substr(0, colon), out.user)
      && decode_percent(who.substr(colon + 1), out.password))
    return true;
  why = "a % in user or password must be followed by two hexadecimal digits";
  return false;
}

bool read_unix(std::string_view rest, endpoint& out, std::string& why) {
  auto query = rest.find('?');
  if (query != std::string_view::npos) {
    auto text = rest.substr(query + 1);
    if (!text.starts_with("db=")
        || !parse_number(text.substr(3), out.database)) {
      why = "after the ? only db=NUMBER is known";
      return false;
    }
    rest = rest.substr(0, query);
  }
  out.socket = rest;
  if (rest.starts_with('/'))
    return true;
  why = "the path of the socket must begin with /, as in "
        "unix:///run/redis.sock";
  return false;
}

bool read_tcp(std::string_view rest, endpoint& out, std::string& why) {
  auto slash = rest.find('/');
  if (slash != std::string_view::npos) {
    auto database = rest.substr(slash + 1);
    if (!database.empty() && !parse_number(database, out.database)) {
      why = "after the host's / the number of a database is expected";
      return false;
    }
    rest = rest.substr(0, slash);
  }
  auto port_from = rest.rfind(':');
  if (rest.starts_with('[')) { // An IPv6 address has colons of its own.
    auto closing = rest.find(']');
    out.host =
      rest.substr(1, closing == std::string_view::npos ? closing : closing - 1);
    port_from =
      closing == std::string_view::npos ? closing : rest.find(':', closing);
  } else {
    out.host = rest.substr(0, port_from);
  }
  if (port_from != std::string_view::npos
      && (!parse_number(rest.substr(port_from + 1), out.port)
          || out.port == 0)) {
    why = "the port must be a number from 1 to 65535";
    return false;
  }
  if (!out.host.empty())
    return true;
  why = "the host is missing";
  return false;
}

} // namespace

bool parse_url(std::string_view text, endpoint& out, std::string& why) {
  out = {};
  auto unix_socket = text.starts_with("unix://");
  out.tls = text.starts_with("rediss://");
  if (!unix_socket && !out.tls && !text.starts_with("redis://")) {
    why = "expected redis://[[user]:password@]host[:port][/database], "
          "rediss://... for TLS, or unix:///path/of/socket";
    return false;
  }
  auto rest = text.substr(text.find("://") + 3);
  if (!take_credentials(rest, out, why))
    return false;
  return unix_socket ? read_unix(rest, out, why) : read_tcp(rest, out, why);
}

std::string to_string(const endpoint& x) {
  auto who = x.user.empty() ? std::string{} : x.user + '@';
  auto where = x.socket.empty() ? (x.tls ? "rediss://" : "redis://") + who
                                    + (x.host.find(':') == std::string::npos
                                         ? x.host
                                         : '[' + x.host + ']')
                                    + ':' + std::to_string(x.port)
                                : "unix://" + who + x.socket;
  if (x.database == 0)
    return where;
  return where + (x.socket.empty() ? "/" : "?db=") + std::to_string(x.database);
}

std::string masked_url(const std::string& url) {
  auto at = url.rfind('@');
  auto from = url.find("://");
  if (at == std::string::npos || from == std::string::npos || from > at)
    return url;
  auto colon = url.find(':', from + 3);
  if (colon == std::string::npos || colon > at)
    return url;
  return url.substr(0, colon + 1) + "***" + url.substr(at);
}

} // namespace hansom::redis
