// Goal: only who has a good token gets into the console, no foreign page can
// act in his name, and what is served can be cached but not abused.

#include "gateway/console/console_access.hpp"
#include "gateway/console/console_files.hpp"
#include "gateway/console/console_routes.hpp"
#include "tests/unit/gateway/server_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace hansom;
using namespace hansom::testing;

namespace {

std::string post(std::string_view path, std::string_view body,
                 std::string_view headers = {},
                 std::string_view method = "POST") {
  return std::string{method} + ' ' + std::string{path}
         + " HTTP/1.1\r\nHost: 127.0.0.1:7400\r\nContent-Type: "
           "application/json\r\nContent-Length: "
         + std::to_string(body.size()) + "\r\n" + std::string{headers} + "\r\n"
         + std::string{body};
}

std::string log_in(server& s, raw_client& c, client_role role,
                   std::string_view headers = {}) {
  return c.http(post("/v1/console/session",
                     R"({"token":")" + s.token(role, "7") + R"("})", headers));
}

/// "Set-Cookie: a=b; ..." -> "Cookie: a=b\r\n".
std::string cookie_of(const std::string& answer) {
  constexpr std::string_view name = "Set-Cookie: ";
  auto at = answer.find(name);
  if (at == std::string::npos)
    return {};
  at += name.size();
  return "Cookie: " + answer.substr(at, answer.find(';', at) - at) + "\r\n";
}

std::string csrf_of(const std::string& answer) {
  return "X-Hansom-Csrf: " + text_of(answer, "csrf") + "\r\n";
}

/// One path that only looks and one that changes something.
void add_probe_routes(gateway& door) {
  auto tell = [](const http_request& x, const http_reply& reply) {
    reply(x.who ? http_response{200,
                                "text/plain",
                                std::string{to_text(x.who->role)} + "-here",
                                {}}
                : problem(401, "x", x.token_error));
  };
  door.routes().add("GET", "/v1/admin/probe", tell);
  door.routes().add("POST", "/v1/admin/probe", tell);
}

identity viewer_until(timestamp end) {
  identity x;
  x.subject = "eve";
  x.expires_at = end;
  return x;
}

} // namespace

TEST_CASE(
  "a session of the console ends with its token, when idle, when told") {
  int n = 0;
  console_sessions all{[&] { return "secret" + std::to_string(n++); }};
  timestamp t{1'000'000};
  auto a = all.open(viewer_until(t + milliseconds{10'000}), t);
  CHECK(all.find(a, t));
  CHECK(all.find(a, t)->csrf != a);
  CHECK_FALSE(all.find("secret99", t));
  CHECK_FALSE(all.find(a, t + milliseconds{10'000}));
  auto far = t + 10 * console_sessions::life;
  auto b = all.open(viewer_until(far), t);
  CHECK(all.find(b, t + console_sessions::idle_max));
  CHECK_FALSE(
    all.find(b, t + 2 * console_sessions::idle_max + milliseconds{1}));
  auto c = all.open(viewer_until(far), t);
  CHECK(all.find(c, t)->ends_at == t + console_sessions::life);
  all.close(c);
  CHECK_FALSE(all.find(c, t));
}

TEST_CASE("sessions, codes and addresses of the console are bounded") {
  int n = 0;
  console_sessions all{[&] { return "secret" + std::to_string(n++); }};
  timestamp t{1'000'000};
  auto far = t + 10 * console_sessions::life;
  auto first = all.open(viewer_until(far), t);
  auto second = all.open(viewer_until(far), t + milliseconds{1});
  for (std::size_t i = 2; i < console_sessions::sessions_max; ++i)
    all.open(viewer_until(far), t + milliseconds{2});
  CHECK(all.find(first, t + milliseconds{3}));
  all.open(viewer_until(far), t + milliseconds{4});
  CHECK(all.size() == console_sessions::sessions_max);
  CHECK_FALSE(all.find(second, t + milliseconds{5}));
  CHECK(all.find(first, t + milliseconds{5}));

  auto code = all.issue_code(viewer_until(far), t);
  for (std::size_t i = 1; i < console_sessions::codes_max; ++i)
    CHECK_FALSE(all.issue_code(viewer_until(far), t).empty());
  CHECK(all.issue_code(viewer_until(far), t).empty());
  CHECK(all.redeem(code, t));
  CHECK_FALSE(all.redeem(code, t));
  auto late = all.issue_code(viewer_until(far), t);
  CHECK_FALSE(all.redeem(late, t + console_sessions::code_life));

  CHECK(all.wait("10.0.0.1", t).count() == 0);
  for (std::uint32_t i = 0; i < console_sessions::tries_of_peer.burst; ++i)
    all.failed("10.0.0.1", t);
  CHECK(all.wait("10.0.0.1", t).count() > 0);
  CHECK(all.wait("10.0.0.2", t).count() == 0);
  CHECK(all.wait("10.0.0.1", t + milliseconds{20'000}).count() == 0);
}

TEST_CASE("a cookie is found among others, and by its whole name") {
  CHECK(cookie_value("a=1; hansom=2; b=3", "hansom") == "2");
  CHECK(cookie_value("xhansom=1", "hansom").empty());
  CHECK(cookie_value("hansom2=1", "hansom").empty());
  CHECK(cookie_value("", "hansom").empty());
}

TEST_CASE("a token becomes a cookie that scripts cannot read") {
  server s{{}, nullptr, nullptr, add_probe_routes};
  raw_client c{s.port()};
  CHECK(has(c.get("/v1/admin/probe"), "401"));
  auto wrong = c.http(post("/v1/console/session", R"({"token":"a.b.c"})"));
  CHECK(has(wrong, "401"));
  CHECK_FALSE(has(wrong, "Set-Cookie"));
  CHECK(has(log_in(s, c, client_role::driver), "403"));
  CHECK(has(c.http(post("/v1/console/session", "{}")), "400"));
  CHECK(has(c.http(post("/v1/console/session", R"({"token":1})")), "400"));
  auto in = log_in(s, c, client_role::viewer);
  CHECK(has(in, "200 OK"));
  for (auto* part :
       {"Set-Cookie: hansom_console_7400=", "HttpOnly", "SameSite=Strict",
        "Path=/;", "no-store", R"("role":"viewer")"})
    CHECK(has(in, part));
  CHECK_FALSE(has(in, "Secure"));
  auto cookie = cookie_of(in);
  auto host = std::string{"Host: 127.0.0.1:7400\r\n"};
  auto look = [&](std::string_view more) {
    return c.http("GET /v1/admin/probe HTTP/1.1\r\n" + host + std::string{more}
                  + "\r\n");
  };
  CHECK(has(look(cookie), "viewer-here"));
  CHECK(has(look(cookie + "Sec-Fetch-Site: same-origin\r\n"), "viewer-here"));
  CHECK(has(look(cookie + "Sec-Fetch-Site: cross-site\r\n"), "403"));
  CHECK(has(look("Cookie: hansom_console_7400=0123\r\n"), "401"));
  CHECK(has(c.http(post("/v1/console/session", "", cookie, "DELETE")), "403"));
  auto out =
    c.http(post("/v1/console/session", "", cookie + csrf_of(in), "DELETE"));
  CHECK(has(out, "204"));
  CHECK(has(look(cookie), "401"));
}

TEST_CASE("a change needs the header that only the console's page knows") {
  server s{{}, nullptr, nullptr, add_probe_routes};
  raw_client c{s.port()};
  auto in = log_in(s, c, client_role::operations);
  auto cookie = cookie_of(in);
  auto change = [&](const std::string& headers) {
    return c.http(post("/v1/admin/probe", "{}", headers));
  };
  CHECK(has(change(cookie), "console.csrf"));
  CHECK(has(change(cookie + "X-Hansom-Csrf: 00\r\n"), "console.csrf"));
  CHECK(has(change(cookie + csrf_of(in)), "operator-here"));
  CHECK(has(change(cookie + csrf_of(in) + "Origin: http://127.0.0.1:7400\r\n"),
            "operator-here"));
  CHECK(has(change(cookie + csrf_of(in) + "Origin: http://127.0.0.1:9999\r\n"),
            "console.foreign_origin"));
  CHECK(has(change(cookie + csrf_of(in) + "Origin: null\r\n"),
            "console.foreign_origin"));
  CHECK(
    has(log_in(s, c, client_role::viewer, "Origin: http://evil.example\r\n"),
        "console.foreign_origin"));
  // With a bearer token there is no cookie that somebody else could use.
  CHECK(has(change("Authorization: Bearer " + s.token(client_role::admin, "1")
                   + "\r\n"),
            "admin-here"));
}

TEST_CASE("behind TLS the cookie is bound to the host and to TLS") {
  server s;
  raw_client c{s.port()};
  auto in =
    log_in(s, c, client_role::viewer, "Origin: https://127.0.0.1:7400\r\n");
  CHECK(has(in, "Set-Cookie: __Host-hansom_console_7400="));
  CHECK(has(in, "; Secure"));
}

TEST_CASE("a session of the console dies with the revocation of its token") {
  server s{{}, nullptr, nullptr, add_probe_routes};
  raw_client c{s.port()};
  auto cookie = cookie_of(log_in(s, c, client_role::viewer));
  auto look = "GET /v1/admin/probe HTTP/1.1\r\nHost: 127.0.0.1:7400\r\n"
              + cookie + "\r\n";
  CHECK(has(c.http(look), "viewer-here"));
  revocation x;
  x.role = client_role::viewer;
  x.subject = "7";
  x.issued_before = s.actors->now() + milliseconds{1000};
  REQUIRE(s.door->revoke(x));
  CHECK(has(c.http(look), "401"));
}

TEST_CASE("a one-time code opens one session with the rights of its maker") {
  server s;
  raw_client c{s.port()};
  CHECK(has(c.http(post("/v1/console/codes", "{}")), "401"));
  auto bearer = [&](client_role role) {
    return "Authorization: Bearer " + s.token(role, "7") + "\r\n";
  };
  CHECK(has(c.http(post("/v1/console/codes", "{}", bearer(client_role::rider))),
            "403"));
  auto code = text_of(
    c.http(post("/v1/console/codes", "{}", bearer(client_role::viewer))),
    "code");
  REQUIRE(code.size() == 64);
  auto body = R"({"code":")" + code + R"("})";
  CHECK(has(c.http(post("/v1/console/session", body)), R"("role":"viewer")"));
  CHECK(has(c.http(post("/v1/console/session", body)), "401"));
  // A cookie is not enough to make another: it would outlive the session.
  auto in = log_in(s, c, client_role::operations);
  CHECK(
    has(c.http(post("/v1/console/codes", "{}", cookie_of(in) + csrf_of(in))),
        "401"));
}

TEST_CASE("who guesses tokens is made to wait") {
  server s;
  raw_client c{s.port()};
  auto guess = post("/v1/console/session", R"({"token":"a.b.c"})");
  for (std::uint32_t i = 0; i < console_sessions::tries_of_peer.burst; ++i)
    CHECK(has(c.http(guess), "401"));
  auto refused = c.http(guess);
  CHECK(has(refused, "429"));
  CHECK(has(refused, "Retry-After: "));
  CHECK(has(log_in(s, c, client_role::viewer), "429"));
  auto shown = c.http("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(has(shown, "hansom_console_logins_total{outcome=\"refused\"} "
                     + std::to_string(console_sessions::tries_of_peer.burst)
                     + "\n"));
  CHECK(has(shown, "hansom_console_logins_total{outcome=\"held_off\"} 2\n"));
}

TEST_CASE("the console's files are compressed, tagged and strict") {
  server s;
  raw_client c{s.port()};
  auto get = [&](std::string_view path, std::string_view more) {
    return c.http("GET " + std::string{path} + " HTTP/1.1\r\nHost: x\r\n"
                  + std::string{more} + "\r\n");
  };
  auto page = get("/console/", "");
  CHECK(has(page, "200 OK"));
  CHECK(has(page, "<!doctype html>"));
  for (auto* part : {"Content-Security-Policy: default-src 'none'", "nosniff",
                     "frame-ancestors 'none'", "Referrer-Policy: no-referrer",
                     "Cache-Control: no-cache", "text/html"})
    CHECK(has(page, part));
  CHECK_FALSE(has(page, "unsafe"));
  auto tag = page.substr(page.find("ETag: ") + 6, 18);
  CHECK(has(get("/console/", "If-None-Match: " + tag + "\r\n"), "304"));
  auto packed = get("/console/", "Accept-Encoding: gzip\r\n");
  CHECK(has(packed, "Content-Encoding: gzip"));
  CHECK_FALSE(has(packed, "<!doctype html>"));
  CHECK(has(get("/console/../secret", ""), "404"));
  CHECK(has(get("/console/none.js", ""), "404"));
  CHECK(has(get("/", ""), "Location: /console/"));
  CHECK(has(get("/console", ""), "Location: /console/"));
  for (auto& file : console_files())
    CHECK(file.lasting == has(std::string{file.path}, "/lib/"));
}

TEST_CASE("a tile source is the one foreign host that a page may ask") {
  gateway_config config;
  config.keys = {{jwt_algorithm::hs256, std::string{test_secret}}};
  CHECK_FALSE(has(console_policy(config), "http"));
  config.console_tiles = "https://tiles.example/{z}/{x}/{y}.png";
  CHECK(
    has(console_policy(config), "connect-src 'self' https://tiles.example;"));
  CHECK(has(console_policy(config), "blob: https://tiles.example;"));
  CHECK(check(config).empty());
  for (auto* bad : {"tiles.example/{z}", "https://a b/{z}/{x}/{y}",
                    "https://a;script-src/{z}/{x}/{y}", "https://x/none"}) {
    config.console_tiles = bad;
    CHECK(has(check(config), "console_tiles"));
  }
}
