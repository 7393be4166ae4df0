#include "actors/pricing/fare.hpp"
#include "actors/pricing/quote.hpp"
#include "tests/unit/actors/property.hpp"

#include <limits>
#include <stdexcept>

using namespace hansom;

namespace {

tariff some_tariff() {
  tariff t;
  t.base = *between<std::int64_t>(0, 2000);
  t.per_km = *between<std::int64_t>(0, 2000);
  t.per_minute = *between<std::int64_t>(0, 500);
  t.booking_fee = *between<std::int64_t>(0, 500);
  t.minimum = *between<std::int64_t>(0, 3000);
  return t;
}

constexpr timestamp now{1'700'000'000'000};

quote_terms some_terms() {
  quote_terms x;
  x.quote = {*rc::gen::arbitrary<std::uint64_t>()};
  x.rider = {*between<std::uint64_t>(1, 1000)};
  x.pickup = {*rc::gen::arbitrary<std::int32_t>(), 1};
  x.dropoff = {-1, *rc::gen::arbitrary<std::int32_t>()};
  x.service = static_cast<service_class>(*between(0, 3));
  x.fare.minor = *rc::gen::arbitrary<std::int64_t>();
  x.surge_milli = *rc::gen::arbitrary<std::uint32_t>();
  x.distance_m = *rc::gen::arbitrary<std::uint32_t>();
  x.duration_s = *rc::gen::arbitrary<std::uint32_t>();
  x.expires_at = now + milliseconds{120'000};
  return x;
}

const auto key_1 = make_quote_key(1, "a secret of sixteen or more bytes");
const auto key_2 = make_quote_key(2, "another secret, also long enough");

} // namespace

TEST_CASE("a fare is never negative, below the minimum, or falling") {
  holds("fare", [] {
    auto t = some_tariff();
    auto any = rc::gen::arbitrary<std::uint32_t>();
    auto metres = *any;
    auto seconds = *any;
    auto surge = *between<std::uint32_t>(0, 5000);
    auto service = static_cast<service_class>(*between(0, 3));
    auto here = fare(t, metres, seconds, surge, service).minor;
    RC_ASSERT(here >= t.minimum);
    RC_ASSERT(here <= fare_max);
    constexpr auto most = std::numeric_limits<std::uint32_t>::max();
    auto more = *between<std::uint32_t>(0, 5000);
    auto longer = metres + std::min(more, most - metres);
    auto later = seconds + std::min(more, most - seconds);
    RC_ASSERT(fare(t, longer, seconds, surge, service).minor >= here);
    RC_ASSERT(fare(t, metres, later, surge, service).minor >= here);
    RC_ASSERT(fare(t, metres, seconds, surge + more, service).minor >= here);
  });
}

TEST_CASE("a fare by hand") {
  tariff t;
  // 250 + 5 x 110 + 10 x 35 = 1150; x 1.5 = 1725; + 150.
  CHECK(fare(t, 5000, 600, 1500, service_class::standard).minor == 1875);
  CHECK(fare(t, 5000, 600, 1000, service_class::comfort).minor == 1645);
  CHECK(fare(t, 0, 0, 1000, service_class::standard).minor == 700);
  // 250.5 minor units: halves go up, once, at the end.
  t.minimum = 0;
  t.booking_fee = 0;
  t.per_km = 1;
  CHECK(fare(t, 500, 0, 1000, service_class::standard).minor == 251);
  CHECK(fare(t, 499, 0, 1000, service_class::standard).minor == 250);
  CHECK(fare(t, 500, 0, 1000, service_class::standard).unit == t.unit);
}

TEST_CASE("a broken tariff is named and still gives no negative fare") {
  tariff t;
  CHECK(check(t).empty());
  t.per_km = -100;
  CHECK(check(t).find("per_km") != std::string::npos);
  t.minimum = -5;
  t.base = -1000;
  t.booking_fee = -1000;
  CHECK(fare(t, 1000, 60, 1000, service_class::standard).minor >= 0);
}

TEST_CASE("cancelling is free for a while, then costs at most the fare") {
  tariff t;
  const money promised{1400, t.unit};
  const milliseconds free_for{120'000};
  const auto fee = [&](std::int64_t ms, bool progressing) {
    return cancellation_fee(t, promised, milliseconds{ms}, free_for,
                            progressing)
      .minor;
  };
  CHECK(fee(0, true) == 0);
  CHECK(fee(120'000, true) == 0);
  CHECK(fee(120'001, true) == t.cancel_fee);
  CHECK(fee(120'001, false) == 0);
  CHECK(no_show_fee(t, promised).minor == t.no_show_fee);
  CHECK(no_show_fee(t, {300, t.unit}).minor == 300);
  CHECK(no_show_fee(t, {-300, t.unit}).minor == 0);
}

TEST_CASE("a quote comes back as it was signed") {
  holds("round trip", [] {
    quote_signer signer{key_1};
    auto terms = some_terms();
    auto token = signer.sign(terms);
    RC_ASSERT(token.size() == quote_token_size);
    quote_terms back;
    RC_ASSERT(signer.verify(token, terms.rider, now, back) == error_code::none);
    RC_ASSERT(back == terms);
  });
}

TEST_CASE("a quote with any byte changed is refused") {
  quote_signer signer{key_1};
  quote_terms terms;
  terms.quote = {5};
  terms.rider = {7};
  terms.expires_at = now + milliseconds{1};
  const auto token = signer.sign(terms);
  quote_terms back;
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < token.size(); ++i)
    for (int c = 0; c < 256; ++c) {
      auto forged = token;
      forged[i] = static_cast<char>(c);
      accepted +=
        forged != token
        && signer.verify(forged, {7}, now, back) != error_code::quote_invalid;
    }
  CHECK(accepted == 0);
  for (auto bad : {std::string{}, token + "A", token.substr(1),
                   std::string(quote_token_size, '.')})
    CHECK(signer.verify(bad, {7}, now, back) == error_code::quote_invalid);
}

TEST_CASE("a quote is for one rider and for a time") {
  quote_signer signer{key_1};
  quote_terms terms;
  terms.rider = {7};
  terms.expires_at = now;
  auto token = signer.sign(terms);
  quote_terms back;
  CHECK(signer.verify(token, {8}, now, back) == error_code::quote_invalid);
  CHECK(signer.verify(token, {7}, now, back) == error_code::quote_expired);
  CHECK(signer.verify(token, {7}, now - milliseconds{1}, back)
        == error_code::none);
}

TEST_CASE("keys rotate: the previous one is still accepted") {
  quote_terms terms;
  terms.rider = {7};
  terms.expires_at = now + milliseconds{1};
  auto old_token = quote_signer{key_1}.sign(terms);
  quote_terms back;
  CHECK(quote_signer{key_2, key_1}.verify(old_token, {7}, now, back)
        == error_code::none);
  CHECK(quote_signer{key_2}.verify(old_token, {7}, now, back)
        == error_code::quote_invalid);
  // The same id with another secret is another key.
  auto impostor = make_quote_key(1, "the secret of somebody else");
  CHECK(quote_signer{impostor}.verify(old_token, {7}, now, back)
        == error_code::quote_invalid);
  CHECK_THROWS_AS(make_quote_key(1, "short"), std::invalid_argument);
  CHECK_THROWS_AS((quote_signer{key_1, impostor}), std::invalid_argument);
}
