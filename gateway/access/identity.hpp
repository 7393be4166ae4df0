#pragma once

#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <string>
#include <string_view>

namespace hansom {

enum class client_role : std::uint8_t {
  driver,
  rider,
  operations,
  viewer,
  admin, ///< All that operations may, and what only few should.
};

/// @returns the claim's text: driver, rider, operator, viewer, admin.
std::string_view to_text(client_role x) noexcept;
bool parse_role(std::string_view text, client_role& out) noexcept;

/// Who a token speaks for.
struct identity {
  client_role role = client_role::viewer;
  std::string subject;  ///< The claim `sub`; with drivers and riders decimal.
  entity_ref client;    ///< Set for drivers and riders.
  timestamp expires_at; ///< The claim `exp`.
  timestamp issued_at;  ///< The claim `iat`; 0 without one.
  std::string token_id; ///< The claim `jti`, if there is one.
};

} // namespace hansom
