#include "gateway/access/token.hpp"

#include "gateway/access/revocations.hpp"

#include <jwt/jwt.hpp>

#include <array>
#include <limits>

namespace hansom {

namespace {

constexpr std::array<std::string_view, 5> role_names{
  "driver", "rider", "operator", "viewer", "admin"};
constexpr std::array<std::string_view, 3> algorithm_names{"HS256", "ES256",
                                                          "RS256"};

template <class Enum, std::size_t N>
bool parse(const std::array<std::string_view, N>& names, std::string_view text,
           Enum& out) noexcept {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == text) {
      out = static_cast<Enum>(i);
      return true;
    }
  return false;
}

token_verdict refused(std::string message,
                      error_code why = error_code::unauthenticated) {
  return {std::nullopt, why, std::move(message)};
}

bool find_client(identity& x) {
  if (x.role == client_role::driver) {
    driver_id id;
    if (!parse_id(x.subject, id))
      return false;
    x.client = id;
  } else if (x.role == client_role::rider) {
    rider_id id;
    if (!parse_id(x.subject, id))
      return false;
    x.client = id;
  }
  return true;
}

/// Signature and claims are good; what do they say?
token_verdict read_claims(jwt::jwt_object& token, timestamp now) {
  for (auto* claim : {"sub", "role", "exp"})
    if (!token.payload().has_claim(claim))
      return refused(std::string{"the token lacks the claim \""} + claim + '"');
  identity who;
  auto seconds = token.payload().get_claim_value<std::uint64_t>("exp");
  constexpr auto last = std::uint64_t{1} << 40;
  who.expires_at = {static_cast<std::int64_t>(std::min(seconds, last)) * 1000};
  if (who.expires_at <= now)
    return refused("the token has expired", error_code::token_expired);
  who.subject = token.payload().get_claim_value<std::string>("sub");
  if (!parse_role(token.payload().get_claim_value<std::string>("role"),
                  who.role))
    return refused("the claim \"role\" must be driver, rider, operator, "
                   "viewer or admin");
  if (who.subject.empty() || !find_client(who))
    return refused("the claim \"sub\" must be the account number of a driver "
                   "or rider");
  if (token.payload().has_claim("iat")) {
    auto issued = token.payload().get_claim_value<std::uint64_t>("iat");
    who.issued_at = {static_cast<std::int64_t>(std::min(issued, last)) * 1000};
  }
  if (token.payload().has_claim("jti"))
    who.token_id = token.payload().get_claim_value<std::string>("jti");
  return {std::move(who), error_code::none, {}};
}

} // namespace

std::string_view to_text(client_role x) noexcept {
  return role_names[static_cast<std::size_t>(x)];
}

bool parse_role(std::string_view text, client_role& out) noexcept {
  return parse(role_names, text, out);
}

std::string_view to_text(jwt_algorithm x) noexcept {
  return algorithm_names[static_cast<std::size_t>(x)];
}

bool parse_algorithm(std::string_view text, jwt_algorithm& out) noexcept {
  return parse(algorithm_names, text, out);
}

token_verifier::token_verifier(std::vector<jwt_key> keys,
                               const revocations* revoked,
                               milliseconds life_max)
  : keys_{std::move(keys)}, revoked_{revoked}, life_max_{life_max} {
}

bool token_verifier::is_revoked(const identity& who) const {
  return revoked_ != nullptr && revoked_->cover(who);
}

bool token_verifier::lives_too_long(const identity& who, timestamp now) const {
  auto from = who.issued_at ? who.issued_at : now;
  return who.expires_at - from > life_max_;
}

token_verdict token_verifier::verify(std::string_view token,
                                     timestamp now) const {
  if (token.empty())
    return refused("a token is needed");
  if (token.size() > token_max)
    return refused("the token is longer than 2048 bytes");
  using namespace jwt::params;
  for (auto& key : keys_)
    try {
      std::error_code error;
      // Expiry is judged below, on the node's clock: hence the endless leeway.
      auto decoded = jwt::decode(
        jwt::string_view{token.data(), token.size()},
        algorithms({std::string{to_text(key.algorithm)}}), error,
        secret(key.key), leeway(std::numeric_limits<std::uint32_t>::max()),
        jwt::params::verify(true));
      if (error)
        continue;
      auto verdict = read_claims(decoded, now);
      if (verdict.who && is_revoked(*verdict.who))
        return refused("the token has been revoked");
      if (verdict.who && lives_too_long(*verdict.who, now))
        return refused("the token is good for longer than the "
                       + std::to_string(life_max_.count() / 1000)
                       + " s that auth.token_life_max allows");
      return verdict;
    } catch (const std::exception&) {
      // The library throws on some rubbish instead of setting `error`.
    }
  return refused("the token is malformed, or signed with an unknown key");
}

std::string issue_token(std::string_view key, client_role role,
                        std::string_view subject, timestamp expires_at,
                        timestamp issued_at, std::string_view token_id) {
  using namespace jwt::params;
  jwt::jwt_object token{algorithm("HS256"), secret(std::string{key})};
  token.add_claim("sub", std::string{subject})
    .add_claim("role", std::string{to_text(role)})
    .add_claim("exp", static_cast<std::uint64_t>(expires_at.ms / 1000));
  if (issued_at)
    token.add_claim("iat", static_cast<std::uint64_t>(issued_at.ms / 1000));
  if (!token_id.empty())
    token.add_claim("jti", std::string{token_id});
  return token.signature();
}

} // namespace hansom
