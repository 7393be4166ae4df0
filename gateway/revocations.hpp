#pragma once

#include "gateway/identity.hpp"

#include <cstddef>
#include <shared_mutex>
#include <string>
#include <unordered_map>

namespace hansom {

/// Tokens that no longer count although they have not expired: one by its
/// claim `jti`, or all that a client was given before a moment.
struct revocation {
  std::string token_id; ///< When empty, the following counts.
  client_role role = client_role::viewer;
  std::string subject;
  timestamp issued_before; ///< A token without `iat` is older than any.
};

/// @returns whether `x` takes away what `who` says to be.
bool covers(const revocation& x, const identity& who) noexcept;

/// All revocations, in memory. Thread-safe; bounded.
class revocations {
public:
  static constexpr std::size_t entries_max = 200'000;

  /// Of the same client, the later moment counts.
  /// @returns `false` when there is no room for one more.
  bool add(const revocation& x);

  [[nodiscard]] bool cover(const identity& who) const;

private:
  static std::string name_of(client_role role, const std::string& subject);

  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, timestamp> tokens_; ///< By `jti`.
  std::unordered_map<std::string, timestamp> clients_;
};

} // namespace hansom
