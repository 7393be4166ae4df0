#include "gateway/access/revocations.hpp"
#include "gateway/access/token.hpp"
#include "gateway/connection/outbox.hpp"
#include "gateway/gateway_config.hpp"
#include "gateway/http_routes.hpp"
#include "gateway/session/position_batcher.hpp"
#include "gateway/session/session.hpp"
#include "gateway/session/token_bucket.hpp"

#include <doctest/doctest.h>
#include <jwt/jwt.hpp>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <rapidcheck.h>

#include <deque>

using namespace hansom;

TEST_CASE("a bucket lets a burst through, then the sustained rate") {
  token_bucket x;
  bucket_config config{4, 20};
  timestamp t{1'000'000};
  int passed = 0;
  for (int i = 0; i < 50; ++i)
    passed += x.take(t, config);
  CHECK(passed == 20);
  CHECK(x.wait(t, config) == milliseconds{250});
  CHECK_FALSE(x.take(t + milliseconds{249}, config));
  CHECK(x.take(t + milliseconds{250}, config));
  passed = 0;
  for (int ms = 0; ms < 10'000; ms += 10)
    passed += x.take(t + milliseconds{1000 + ms}, config);
  CHECK(passed >= 40);
  CHECK(passed <= 44);
}

TEST_CASE("who must leave a reserve finds the bucket empty first") {
  token_bucket x;
  bucket_config config{4, 20};
  timestamp t{1'000'000};
  int passed = 0;
  for (int i = 0; i < 50; ++i)
    passed += x.take(t, config, 5);
  CHECK(passed == 15);
  for (int i = 0; i < 50; ++i)
    passed += x.take(t, config);
  CHECK(passed == 20);
  CHECK_FALSE(x.take(t + milliseconds{1250}, config, 5));
  CHECK(x.take(t + milliseconds{1500}, config, 5));
}

TEST_CASE("a rate of zero is no limit") {
  token_bucket x;
  for (int i = 0; i < 1000; ++i)
    REQUIRE(x.take({5}, {0, 1}));
}

TEST_CASE("a ring replays exactly what came after, or says that it cannot") {
  CHECK(rc::check("against a plain list", [] {
    session_ring ring;
    std::vector<std::string> all;
    auto events_max = *rc::gen::inRange<std::size_t>(1, 12);
    auto bytes_max = *rc::gen::inRange<std::size_t>(1, 200);
    auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 40));
    for (auto step : steps) {
      if (step < 30) {
        RC_ASSERT(ring.next() == all.size() + 1);
        all.push_back(std::string(static_cast<std::size_t>(step), 'x')
                      + std::to_string(all.size()));
        ring.push(all.back(), events_max, bytes_max);
      } else {
        // What is acknowledged goes, all that came later stays.
        auto behind = static_cast<std::uint64_t>(step - 30);
        auto seq = ring.last() - std::min(behind, ring.last());
        auto could = ring.reaches_back_to(seq);
        ring.acknowledge(seq);
        RC_ASSERT(ring.reaches_back_to(seq) == could);
        RC_ASSERT(ring.size() <= ring.last() - seq);
      }
      RC_ASSERT(ring.size() <= events_max);
      RC_ASSERT(ring.bytes() <= bytes_max);
      for (std::uint64_t seq = 0; seq <= all.size() + 1; ++seq) {
        if (!ring.reaches_back_to(seq))
          continue;
        RC_ASSERT(seq <= all.size());
        std::vector<std::string> got;
        ring.for_each_after(seq, [&](auto& x) { got.push_back(x); });
        RC_ASSERT(got
                  == std::vector<std::string>(
                    all.begin() + static_cast<std::ptrdiff_t>(seq), all.end()));
      }
      RC_ASSERT(ring.reaches_back_to(ring.last()));
    }
  }));
}

TEST_CASE("an outbox replaces the latest, drops it first, and has an end") {
  outbox x;
  outbox::limits most{100, 4};
  using outcome = outbox::outcome;
  CHECK(x.push("a1", 7, most) == outcome::queued);
  CHECK(x.push("b", 0, most) == outcome::queued);
  CHECK(x.push("a2", 7, most) == outcome::replaced);
  CHECK(x.push("c", 0, most) == outcome::queued);
  CHECK(x.push("d", 0, most) == outcome::queued);
  CHECK(x.push("e", 8, most) == outcome::dropped);
  CHECK(x.push("f", 0, most) == outcome::queued); // a2 has made way.
  CHECK(x.push("g", 0, most) == outcome::full);
  for (auto* text : {"b", "c", "d", "f"})
    CHECK(x.pop() == text);
  CHECK(x.empty());
  CHECK(x.bytes() == 0);
  CHECK(x.push(std::string(101, 'x'), 0, most) == outcome::full);
}

TEST_CASE("the key of a frame is its type") {
  CHECK(key_of(R"({"type":"surge","cell":"1"})")
        == key_of(R"({"type":"surge","cell":"2"})"));
  CHECK(key_of(R"({"type":"surge","cell":"1"})")
        != key_of(R"({"type":"driver.position","cell":"1"})"));
  CHECK(key_of("{}") != 0);
}

TEST_CASE("a session's id travels as 32 digits") {
  session x;
  x.ref.session = 0x0123456789abcd03;
  x.secret = 0xfedc;
  auto text = session_text(x);
  CHECK(text == "0123456789abcd03000000000000fedc");
  std::uint64_t id = 0;
  std::uint64_t secret = 0;
  REQUIRE(parse_session(text, id, secret));
  CHECK(id == x.ref.session);
  CHECK(secret == x.secret);
  CHECK(worker_of(id) == 3);
  for (auto* bad : {"", "0123", "0123456789abcd0300000000000-fedc",
                    "0123456789abcd03000000000000fedg"})
    CHECK_FALSE(parse_session(bad, id, secret));
}

TEST_CASE("a cell gets one batch per flush") {
  position_batcher x;
  x.add(cell_id{1}, {driver_id{7}, {1, 2}, {3}, 4});
  x.add(cell_id{1}, {driver_id{8}, {1, 2}, {3}, 4});
  x.add(cell_id{2}, {driver_id{9}, {1, 2}, {3}, 4});
  std::size_t batches = 0;
  std::size_t positions = 0;
  x.flush([&](cell_id, std::string packed) {
    ++batches;
    positions += packed_count(packed);
  });
  CHECK(batches == 2);
  CHECK(positions == 3);
  CHECK(x.empty());
}

// -- tokens -------------------------------------------------------------------

namespace {

constexpr timestamp noon{1'750'000'000'000};
const std::string secret = "a-secret-of-at-least-32-bytes-for-tests";

struct key_pair {
  std::string private_pem;
  std::string public_pem;
};

key_pair make_pair(EVP_PKEY* key) {
  auto text = [](auto write) {
    auto* bio = BIO_new(BIO_s_mem());
    write(bio);
    char* data = nullptr;
    auto n = BIO_get_mem_data(bio, &data);
    std::string result{data, static_cast<std::size_t>(n)};
    BIO_free(bio);
    return result;
  };
  key_pair result;
  result.private_pem = text([&](BIO* b) {
    PEM_write_bio_PrivateKey(b, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  result.public_pem = text([&](BIO* b) { PEM_write_bio_PUBKEY(b, key); });
  EVP_PKEY_free(key);
  return result;
}

std::string sign(const std::string& algorithm, const std::string& key) {
  using namespace jwt::params;
  jwt::jwt_object x{jwt::params::algorithm(algorithm),
                    jwt::params::secret(key)};
  x.add_claim("sub", std::string{"42"})
    .add_claim("role", std::string{"rider"})
    .add_claim("exp", std::uint64_t{1'750'000'100});
  return x.signature();
}

} // namespace

TEST_CASE("a good token tells who speaks, and until when") {
  token_verifier x{{{jwt_algorithm::hs256, secret}}};
  auto token =
    issue_token(secret, client_role::driver, "7", noon + milliseconds{60'000});
  auto verdict = x.verify(token, noon);
  REQUIRE(verdict.who);
  CHECK(verdict.who->client == entity_ref{driver_id{7}});
  CHECK(verdict.who->expires_at == noon + milliseconds{60'000});
  CHECK(x.verify(token, noon + milliseconds{60'000}).error
        == error_code::token_expired);
}

TEST_CASE("tokens that say or prove too little are refused") {
  token_verifier x{{{jwt_algorithm::hs256, secret}}};
  auto until = noon + milliseconds{60'000};
  auto good = issue_token(secret, client_role::driver, "7", until);
  auto other = issue_token("another-secret-of-at-least-32-bytes!",
                           client_role::driver, "7", until);
  auto tampered = good;
  tampered[good.find('.') + 5] ^= 1;
  auto none = std::string{"eyJhbGciOiJub25lIn0"}
              + good.substr(good.find('.'), good.rfind('.') - good.find('.'))
              + '.';
  for (auto& bad :
       {other, tampered, none, std::string{}, std::string{"x"},
        std::string{".."}, std::string{"a.b.c"}, std::string(3000, 'a'),
        good + "x", issue_token(secret, client_role::driver, "abc", until),
        issue_token(secret, client_role::rider, "0", until),
        issue_token(secret, client_role::viewer, "", until)}) {
    auto verdict = x.verify(bad, noon);
    CHECK_FALSE(verdict.who);
    CHECK(verdict.error == error_code::unauthenticated);
    CHECK_FALSE(verdict.message.empty());
  }
}

TEST_CASE("public keys verify ES256 and RS256, and are no shared secrets") {
  auto elliptic = make_pair(EVP_EC_gen("P-256"));
  auto rsa = make_pair(EVP_RSA_gen(2048));
  token_verifier x{{{jwt_algorithm::es256, elliptic.public_pem},
                    {jwt_algorithm::rs256, rsa.public_pem}}};
  for (auto& token :
       {sign("ES256", elliptic.private_pem), sign("RS256", rsa.private_pem)}) {
    auto verdict = x.verify(token, noon);
    REQUIRE(verdict.who);
    CHECK(verdict.who->client == entity_ref{rider_id{42}});
  }
  CHECK_FALSE(x.verify(sign("HS256", rsa.public_pem), noon).who);
}

// -- settings, routes ---------------------------------------------------------

TEST_CASE("settings that cannot work together are named") {
  gateway_config good;
  good.keys = {{jwt_algorithm::hs256, secret}};
  CHECK(check(good).empty());
  auto complaint = [&](auto change) {
    auto x = good;
    change(x);
    return check(x);
  };
  CHECK(complaint([](auto& x) { x.threads = 0; }).find("threads") == 8);
  CHECK(complaint([](auto& x) { x.keys.clear(); }).find("keys") == 8);
  CHECK_FALSE(complaint([](auto& x) { x.keys[0].key = "short"; }).empty());
  CHECK_FALSE(complaint([](auto& x) { x.certificate_file = "a"; }).empty());
  CHECK_FALSE(complaint([](auto& x) { x.production = true; }).empty());
  CHECK_FALSE(complaint([](auto& x) { x.frame_max = 9999; }).empty());
  CHECK_FALSE(complaint([](auto& x) { x.outbound_frames_max = 5; }).empty());
}

TEST_CASE("the longest route answers, and what it throws is a 500") {
  http_routes x;
  auto say = [](int status) {
    return [status](http_request, http_reply reply) {
      http_response answer;
      answer.status = status;
      reply(std::move(answer));
    };
  };
  x.add("GET", "/a/", say(201));
  x.add("GET", "/a/b/", say(202));
  x.add("GET", "/c", say(203));
  x.add("POST", "/bad",
        [](http_request, http_reply) { throw std::runtime_error{"no"}; });
  auto status = [&](std::string method, std::string path) {
    int result = 0;
    http_request request;
    request.method = std::move(method);
    request.path = std::move(path);
    x.handle(std::move(request),
             [&](http_response answer) { result = answer.status; });
    return result;
  };
  CHECK(status("GET", "/a/x") == 201);
  CHECK(status("GET", "/a/b/x") == 202);
  CHECK(status("GET", "/c") == 203);
  CHECK(status("GET", "/c/d") == 404);
  CHECK(status("POST", "/c") == 405);
  CHECK(status("POST", "/bad") == 500);
}

TEST_CASE("a revocation counts until its time, and the later one counts") {
  using added = revocations::added;
  revocations all;
  revocation x;
  x.role = client_role::driver;
  x.subject = "7";
  x.issued_before = {2000};
  x.until = {9000};
  identity who;
  who.role = client_role::driver;
  who.subject = "7";
  who.issued_at = {1999};
  CHECK(all.add(x) == added::yes);
  CHECK(all.add(x) == added::known);
  CHECK(all.cover(who));
  x.issued_before = {1500}; // Takes nothing more away, and nothing back.
  CHECK(all.add(x) == added::known);
  CHECK(all.cover(who));
  who.issued_at = {2000};
  CHECK_FALSE(all.cover(who));
  x.issued_before = {2001};
  CHECK(all.add(x) == added::yes);
  CHECK(all.cover(who));
  revocation token;
  token.token_id = "t";
  token.until = {5000};
  CHECK(all.add(token) == added::yes);
  who.token_id = "t";
  who.issued_at = {8000};
  all.forget({5000});
  CHECK(all.cover(who));
  all.forget({5001});
  CHECK_FALSE(all.cover(who));
  CHECK(all.size() == 1);
  all.forget({9001});
  CHECK(all.size() == 0);
}

TEST_CASE("no token lives longer than may be remembered") {
  const std::string key(32, 'k');
  token_verifier judge{
    {{jwt_algorithm::hs256, key}}, nullptr, milliseconds{60'000}};
  auto verdict = [&](std::int64_t issued, std::int64_t expires) {
    return judge.verify(
      issue_token(key, client_role::driver, "7", {expires}, {issued}),
      {1'000'000});
  };
  CHECK(verdict(990'000, 1'050'000).who);
  CHECK(verdict(0, 1'060'000).who);
  for (auto [issued, expires] :
       {std::pair{990'000, 1'051'000}, std::pair{0, 1'061'000}}) {
    auto x = verdict(issued, expires);
    CHECK_FALSE(x.who);
    CHECK(x.message.find("token_life_max") != x.message.npos);
  }
}
