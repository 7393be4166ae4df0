#pragma once

#include "actors/pricing/quote.hpp"
#include "cluster/config/settings.hpp"

#include <memory>
#include <vector>

namespace hansom {

/// The keys that clients' tokens are verified with.
/// @throws std::runtime_error when a file cannot be read, or when there is no
///         key in production.
std::vector<jwt_key> token_keys(const settings& with);

/// The keys that sign quotes.
/// @throws std::runtime_error as above.
std::shared_ptr<const quote_signer> quote_keys_of(const settings& with);

} // namespace hansom
