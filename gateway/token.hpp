#pragma once

#include "protocol/errors.hpp"
#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hansom {

enum class client_role : std::uint8_t { driver, rider, operations, viewer };

/// @returns the claim's text: driver, rider, operator, viewer.
std::string_view to_text(client_role x) noexcept;
bool parse_role(std::string_view text, client_role& out) noexcept;

enum class jwt_algorithm : std::uint8_t { hs256, es256, rs256 };

/// @returns HS256, ES256 or RS256.
std::string_view to_text(jwt_algorithm x) noexcept;
bool parse_algorithm(std::string_view text, jwt_algorithm& out) noexcept;

/// A key that tokens are verified with.
struct jwt_key {
  jwt_algorithm algorithm = jwt_algorithm::hs256;
  std::string key; ///< The shared secret, or a public key as PEM.
};

/// Who a token speaks for.
struct identity {
  client_role role = client_role::viewer;
  std::string subject;  ///< The claim `sub`; with drivers and riders decimal.
  entity_ref client;    ///< Set for drivers and riders.
  timestamp expires_at; ///< The claim `exp`.
};

struct token_verdict {
  std::optional<identity> who;
  error_code error = error_code::none;
  std::string message; ///< What is wrong, without repeating the token.
};

/// Verifies JSON web tokens locally: no database is read at connect. Claims:
/// `sub`, `role` (driver | rider | operator | viewer), `exp`; all needed.
/// Immutable, thread-safe.
class token_verifier {
public:
  explicit token_verifier(std::vector<jwt_key> keys);

  /// @param token header.payload.signature, at most `token_max` bytes.
  [[nodiscard]] token_verdict verify(std::string_view token,
                                     timestamp now) const;

  static constexpr std::size_t token_max = 2048;

private:
  std::vector<jwt_key> keys_;
};

/// Makes a development token (HS256). `hansom token` refuses to call it in
/// production mode.
std::string issue_token(std::string_view secret, client_role role,
                        std::string_view subject, timestamp expires_at);

} // namespace hansom
