#pragma once

#include "protocol/record.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace hansom {

/// An ISO 4217 code. Travels as three letters packed into 24 bits.
struct currency {
  std::uint32_t packed = 0x555344; ///< "USD".

  friend auto operator<=>(currency, currency) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, currency& x) {
  return f(caf::meta::type_name("currency"), x.packed);
}

std::string to_string(currency x);
/// @returns `false` unless `text` is three upper-case ASCII letters.
bool parse_currency(std::string_view text, currency& out) noexcept;

/// An amount in minor units (cents). Never a float.
/// In JSON: {"minor":1420,"unit":"USD"}.
struct money {
  std::int64_t minor = 0;
  currency unit;

  friend auto operator<=>(const money&, const money&) = default;
};
HANSOM_RECORD(money, minor, unit)

} // namespace hansom
