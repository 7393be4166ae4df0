#pragma once

#include "gateway/access/identity.hpp"
#include "gateway/session/token_bucket.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace hansom {

/// Who is logged in to the web console, which one-time codes are out, and who
/// has guessed too often. Rules without I/O; everything has a bound.
/// Thread-safe.
class console_sessions {
public:
  static constexpr std::size_t sessions_max = 500;
  static constexpr std::size_t codes_max = 100;
  static constexpr std::size_t peers_max = 4096;
  static constexpr milliseconds life{12LL * 3600 * 1000};
  static constexpr milliseconds idle_max{3600LL * 1000};
  static constexpr milliseconds code_life{5LL * 60 * 1000};
  /// Failed logins: of one address, and of all together.
  static constexpr bucket_config tries_of_peer{1, 10};
  static constexpr bucket_config tries_of_all{20, 200};

  /// Makes 32 bytes that nobody can guess, as text.
  using chance = std::function<std::string()>;

  explicit console_sessions(chance random);

  struct session {
    identity who;
    std::string csrf;  ///< Must come back in a header with each change.
    timestamp ends_at; ///< At the latest; earlier when nobody asks for long.
    timestamp seen_at;
  };

  /// Lives no longer than the token. When there are too many, the one that has
  /// been silent longest ends.
  /// @returns the secret that the browser keeps.
  std::string open(const identity& who, timestamp now);

  /// A sign of life, too.
  std::optional<session> find(std::string_view secret, timestamp now);

  void close(std::string_view secret);

  /// @returns a code that opens one session as `who`, once, within
  ///          `code_life`; empty when too many are out.
  std::string issue_code(const identity& who, timestamp now);
  std::optional<identity> redeem(std::string_view code, timestamp now);

  /// @returns how long the address must wait before it may try again; 0: not.
  [[nodiscard]] milliseconds wait(const std::string& peer, timestamp now) const;
  void failed(const std::string& peer, timestamp now);

  [[nodiscard]] std::size_t size() const;

private:
  struct code {
    identity who;
    timestamp until;
  };

  void make_room(timestamp now);

  chance random_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, session> sessions_; ///< By digest.
  std::unordered_map<std::string, code> codes_;       ///< By digest.
  std::unordered_map<std::string, token_bucket> peers_;
  token_bucket all_;
};

} // namespace hansom
