#include "gateway/console/console_access.hpp"

#include "gateway/metrics/metric_families.hpp"
#include "protocol/json/document.hpp"
#include "protocol/json/reader.hpp"
#include "protocol/json/writer.hpp"
#include "protocol/record.hpp"

#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <spdlog/spdlog.h>

#include <stdexcept>

namespace hansom {

/// The body of a login.
struct console_login {
  caf::optional<std::string> token;
  caf::optional<std::string> code;
};
HANSOM_RECORD(console_login, token, code)

namespace {

constexpr std::string_view session_path = "/v1/console/session";
constexpr std::string_view codes_path = "/v1/console/codes";
constexpr std::string_view csrf_header = "X-Hansom-Csrf";

std::string random_text() {
  unsigned char bytes[32];
  if (RAND_bytes(bytes, sizeof bytes) != 1)
    throw std::runtime_error("no random numbers for a console session");
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (auto x : bytes) {
    out += digits[x >> 4];
    out += digits[x & 15];
  }
  return out;
}

bool same(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size()
         && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// Cookies know no ports: nodes of one machine would log each other out.
std::string cookie_name(const http_request& request, bool secure) {
  std::string name = secure ? "__Host-hansom_console" : "hansom_console";
  auto host = request.header("Host");
  auto colon = host.rfind(':');
  if (colon != host.npos && host.find(']', colon) == host.npos)
    for (char c : host.substr(colon + 1))
      if (c >= '0' && c <= '9')
        name +=
          (name.back() < '0' || name.back() > '9' ? "_" : "") + std::string{c};
  return name;
}

/// @returns whether a browser says that another page than ours has sent it.
bool is_foreign(const http_request& request) {
  auto site = request.header("Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin" && site != "none")
    return true;
  auto origin = request.header("Origin");
  if (origin.empty())
    return false;
  auto scheme = origin.find("://");
  return scheme == origin.npos
         || origin.substr(scheme + 3) != request.header("Host");
}

http_response without_store(http_response x) {
  x.headers.emplace_back("Cache-Control", "no-store");
  return x;
}

std::string cookie(const std::string& name, std::string_view value,
                   std::int64_t seconds, bool secure) {
  return name + '=' + std::string{value} + "; Path=/; HttpOnly; SameSite=Strict"
         + (secure ? "; Secure" : "") + "; Max-Age=" + std::to_string(seconds);
}

} // namespace

bool may_use_console(client_role role) noexcept {
  return role != client_role::driver && role != client_role::rider;
}

std::string_view cookie_value(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    auto end = std::min(header.find(';'), header.size());
    auto item = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    while (!item.empty() && item.front() == ' ')
      item.remove_prefix(1);
    if (item.size() > name.size() && item.starts_with(name)
        && item[name.size()] == '=')
      return item.substr(name.size() + 1);
  }
  return {};
}

console_access::console_access(const token_verifier& tokens, bool tls)
  : tokens_{tokens}, tls_{tls}, sessions_{random_text} {
}

void console_access::set_clock(std::function<timestamp()> now) {
  now_ = std::move(now);
}

/// Behind a proxy that ends TLS, the page's own origin tells.
bool console_access::is_secure(const http_request& request) const {
  return tls_ || request.header("Origin").starts_with("https://");
}

std::string console_access::secret_of(const http_request& request) const {
  auto cookies = request.header("Cookie");
  for (bool secure : {true, false})
    if (auto value = cookie_value(cookies, cookie_name(request, secure));
        !value.empty() && (secure || !tls_))
      return std::string{value};
  return {};
}

std::optional<http_response> console_access::identify(http_request& request,
                                                      timestamp now) {
  if (!request.path.starts_with("/v1/admin/")
      && !request.path.starts_with("/v1/console/"))
    return std::nullopt;
  auto secret = secret_of(request);
  if (secret.empty())
    return std::nullopt;
  auto found = sessions_.find(secret, now);
  if (found && tokens_.is_revoked(found->who)) {
    sessions_.close(secret);
    found.reset();
  }
  if (!found) {
    request.token_error = "the console session has ended: log in again";
    return std::nullopt;
  }
  // A login may replace a session; it checks by itself where it comes from.
  if (request.method == "POST" && request.path == session_path)
    return std::nullopt;
  if (is_foreign(request))
    return problem(403, "console.foreign_origin",
                   "A page of another origin has sent this.");
  if (request.method != "GET" && request.method != "HEAD"
      && !same(request.header(csrf_header), found->csrf))
    return problem(403, "console.csrf",
                   "With a cookie, a change needs the header X-Hansom-Csrf "
                   "with the value that GET /v1/console/session tells.");
  request.who = std::move(found->who);
  return std::nullopt;
}

http_response console_access::refused(const http_request& request,
                                      std::string_view why) {
  sessions_.failed(request.peer, now_());
  ++logins_.refused;
  spdlog::info("a login to the console from {} was refused: {}", request.peer,
               why);
  return without_store(problem(error_code::unauthenticated, why));
}

http_response console_access::log_in(const http_request& request) {
  auto now = now_();
  if (is_foreign(request))
    return problem(403, "console.foreign_origin",
                   "A page of another origin has sent this.");
  if (!request.header("Content-Type").starts_with("application/json"))
    return problem(415, "console.content_type", "A login is application/json.");
  if (auto wait = sessions_.wait(request.peer, now); wait.count() > 0) {
    ++logins_.held_off;
    auto answer = problem(429, "console.too_many_tries",
                          "Too many failed logins; wait some seconds.");
    answer.headers.emplace_back("Retry-After",
                                std::to_string(wait.count() / 1000 + 1));
    return answer;
  }
  console_login body;
  nlohmann::json document;
  decode_error error;
  if (!json::parse(request.body, 2, document, error)
      || !json::read(document, body, error, json::reading::strict)
      || !body.token == !body.code)
    return problem(400, "console.login",
                   "Expected {\"token\":\"...\"} or {\"code\":\"...\"}.");
  std::optional<identity> who;
  if (body.code) {
    who = sessions_.redeem(*body.code, now);
    if (!who || tokens_.is_revoked(*who))
      return refused(request, "the code is wrong, used or older than 5 min");
  } else {
    auto verdict = tokens_.verify(*body.token, now);
    if (!verdict.who)
      return refused(request, verdict.message);
    who = std::move(verdict.who);
  }
  if (!may_use_console(who->role))
    return problem(403, "console.role",
                   "The console takes a token of role viewer, operator or "
                   "admin.");
  if (auto former = secret_of(request); !former.empty())
    sessions_.close(former);
  auto secret = sessions_.open(*who, now);
  spdlog::info("{} {} logs in to the console from {}", to_text(who->role),
               who->subject, request.peer);
  auto secure = is_secure(request);
  auto found = sessions_.find(secret, now);
  if (!found)
    return refused(request, "the token expires this very moment");
  ++logins_.opened;
  auto answer = describe(*found);
  answer.headers.emplace_back(
    "Set-Cookie", cookie(cookie_name(request, secure), secret,
                         (found->ends_at - now).count() / 1000, secure));
  return answer;
}

http_response
console_access::describe(const console_sessions::session& x) const {
  http_response answer;
  auto& out = answer.body;
  out = "{\"role\":";
  json::append(out, to_text(x.who.role));
  out += ",\"subject\":";
  json::append(out, x.who.subject);
  out += ",\"ends_at\":";
  json::append(out, x.ends_at);
  out += ",\"csrf\":";
  json::append(out, x.csrf);
  if (!facts_.empty())
    out += ',' + facts_;
  out += '}';
  return without_store(std::move(answer));
}

http_response console_access::tell(const http_request& request) {
  auto found = sessions_.find(secret_of(request), now_());
  if (!request.who || !found)
    return without_store(
      problem(error_code::unauthenticated, request.token_error));
  return describe(*found);
}

http_response console_access::log_out(const http_request& request) {
  sessions_.close(secret_of(request));
  http_response answer;
  answer.status = 204;
  for (bool secure : {true, false})
    if (auto name = cookie_name(request, secure);
        !cookie_value(request.header("Cookie"), name).empty())
      answer.headers.emplace_back("Set-Cookie", cookie(name, "", 0, secure));
  return without_store(std::move(answer));
}

/// Whoever has a token may hand its rights to a browser, without the token's
/// text in any URL.
http_response console_access::make_code(const http_request& request) {
  if (!request.who || request.header("Authorization").empty())
    return problem(error_code::unauthenticated,
                   request.token_error.empty()
                     ? "a code is made for a bearer token"
                     : request.token_error);
  if (!may_use_console(request.who->role))
    return problem(403, "console.role",
                   "The console takes a token of role viewer, operator or "
                   "admin.");
  auto code = sessions_.issue_code(*request.who, now_());
  if (code.empty())
    return problem(503, "console.codes", "Too many codes are out; use one.");
  http_response answer;
  answer.body = "{\"code\":\"" + code + "\",\"seconds\":"
                + std::to_string(console_sessions::code_life.count() / 1000)
                + '}';
  return without_store(std::move(answer));
}

void console_access::add_routes(http_routes& routes) {
  auto by = [this](http_response (console_access::*what)(const http_request&)) {
    return [this, what](const http_request& request, const http_reply& reply) {
      if (!now_)
        return reply(problem(503, "console.starting", "The node is starting."));
      reply((this->*what)(request));
    };
  };
  auto path = std::string{session_path};
  routes.add("POST", path, by(&console_access::log_in));
  routes.add("GET", path, by(&console_access::tell));
  routes.add("DELETE", path, by(&console_access::log_out));
  routes.add("POST", std::string{codes_path}, by(&console_access::make_code));
}

namespace {

class login_collector final : public prometheus::Collectable {
public:
  explicit login_collector(const console_access& from) : from_{from} {
  }

  [[nodiscard]] metric::families Collect() const override {
    auto& x = from_.logins();
    metric::families out;
    auto& logins = metric::counters(out, "hansom_console_logins_total",
                                    "Logins to the console, by outcome.");
    metric::add(logins, x.opened, {{"outcome", "opened"}});
    metric::add(logins, x.refused, {{"outcome", "refused"}});
    metric::add(logins, x.held_off, {{"outcome", "held_off"}});
    return out;
  }

private:
  const console_access& from_;
};

} // namespace

std::shared_ptr<prometheus::Collectable>
make_login_collector(const console_access& from) {
  return std::make_shared<login_collector>(from);
}

} // namespace hansom
