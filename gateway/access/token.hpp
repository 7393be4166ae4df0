#pragma once

#include "gateway/access/identity.hpp"
#include "protocol/errors.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hansom {

class revocations;

enum class jwt_algorithm : std::uint8_t { hs256, es256, rs256 };

/// @returns HS256, ES256 or RS256.
std::string_view to_text(jwt_algorithm x) noexcept;
bool parse_algorithm(std::string_view text, jwt_algorithm& out) noexcept;

/// A key that tokens are verified with.
struct jwt_key {
  jwt_algorithm algorithm = jwt_algorithm::hs256;
  std::string key; ///< The shared secret, or a public key as PEM.
};

struct token_verdict {
  std::optional<identity> who;
  error_code error = error_code::none;
  std::string message; ///< What is wrong, without repeating the token.
};

/// Verifies JSON web tokens locally: no database is read at connect. Claims:
/// `sub`, `role` (driver | rider | operator | viewer), `exp`; all needed. `iat`
/// and `jti` are what a token can be revoked by. Immutable, thread-safe.
class token_verifier {
public:
  /// @param revoked must outlive the verifier; null: nothing ever is.
  /// @param life_max from `iat` to `exp`; of a token without `iat`, from now.
  explicit token_verifier(std::vector<jwt_key> keys,
                          const revocations* revoked = nullptr,
                          milliseconds life_max = milliseconds::max());

  /// @param token header.payload.signature, at most `token_max` bytes.
  [[nodiscard]] token_verdict verify(std::string_view token,
                                     timestamp now) const;

  /// @returns whether a token that was good has been revoked since.
  [[nodiscard]] bool is_revoked(const identity& who) const;

  static constexpr std::size_t token_max = 2048;

private:
  [[nodiscard]] bool lives_too_long(const identity& who, timestamp now) const;

  std::vector<jwt_key> keys_;
  const revocations* revoked_;
  milliseconds life_max_;
};

/// Makes a development token (HS256). `hansom token` refuses to call it in
/// production mode.
/// @param issued_at,token_id left out when 0 and empty.
std::string issue_token(std::string_view secret, client_role role,
                        std::string_view subject, timestamp expires_at,
                        timestamp issued_at = {},
                        std::string_view token_id = {});

} // namespace hansom
