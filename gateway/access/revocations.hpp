#pragma once

#include "gateway/access/identity.hpp"

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
  timestamp until;         ///< No token is left by then; 0: never forgotten.
};

/// @returns whether `x` takes away what `who` says to be.
bool covers(const revocation& x, const identity& who) noexcept;

/// All revocations, in memory. Thread-safe; bounded.
class revocations {
public:
  static constexpr std::size_t entries_max = 200'000;

  enum class added : std::uint8_t { yes, known, full };

  /// Of the same client, the later moment counts.
  /// @returns `known` when it takes away nothing that was not taken before.
  added add(const revocation& x);

  /// Drops those whose `until` has passed.
  void forget(timestamp now);

  [[nodiscard]] std::size_t size() const;

  [[nodiscard]] bool cover(const identity& who) const;

private:
  struct entry {
    timestamp issued_before;
    timestamp until;
  };
  using entries = std::unordered_map<std::string, entry>;

  static std::string name_of(client_role role, const std::string& subject);

  mutable std::shared_mutex mutex_;
  entries tokens_; ///< By `jti`.
  entries clients_;
};

} // namespace hansom
