#pragma once

#include "protocol/errors.hpp"
#include "protocol/geo.hpp"
#include "protocol/ids.hpp"
#include "protocol/money.hpp"
#include "protocol/states.hpp"
#include "protocol/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hansom {

/// What a quote promises. Travels to the client and back inside a signed token;
/// nothing is stored until it is honoured.
struct quote_terms {
  quote_id quote; ///< Unique; the claim that makes it honoured once.
  rider_id rider; ///< Only he may use it.
  geo_point pickup;
  geo_point dropoff;
  service_class service = service_class::standard;
  money fare;
  std::uint32_t surge_milli = 1000;
  std::uint32_t distance_m = 0;
  std::uint32_t duration_s = 0;
  timestamp expires_at; ///< Valid before, not at, this time.

  friend bool operator==(const quote_terms&, const quote_terms&) = default;
};

/// An HMAC-SHA-256 key. `id` travels in the token so that keys can rotate.
struct quote_key {
  std::uint8_t id = 0;
  std::array<unsigned char, 32> bytes{};
};

/// Derives a key from a configured secret of any length.
/// @throws std::invalid_argument when `secret` is shorter than 16 bytes.
quote_key make_quote_key(std::uint8_t id, std::string_view secret);

/// Every token is exactly so long; others are refused unread.
inline constexpr std::size_t quote_token_size = 134;

/// Signs and checks quotes. Immutable and thread-safe.
class quote_signer {
public:
  /// @param current signs, and is accepted; @param previous is accepted only:
  ///        keep it for at least the time to live of a quote.
  /// @throws std::invalid_argument when both have the same id.
  explicit quote_signer(const quote_key& current,
                        const std::optional<quote_key>& previous = {});

  /// @returns base64url(payload) "." base64url(HMAC), without padding.
  [[nodiscard]] std::string sign(const quote_terms& x) const;

  /// Compares in constant time.
  /// @param rider who sends the token.
  /// @returns `none` and sets `out`; `quote_invalid` for anything that we did
  ///          not sign for this rider; `quote_expired` at `expires_at` or
  ///          later.
  [[nodiscard]] error_code verify(std::string_view token, rider_id rider,
                                  timestamp now, quote_terms& out) const;

private:
  quote_key current_;
  std::optional<quote_key> previous_;
};

} // namespace hansom
