#pragma once

#include <string>

namespace hansom::store::testing {

/// A certificate that vouches for itself, and its key, as files `NAME.crt` and
/// `NAME.key` in a folder; valid for an hour.
struct self_signed {
  /// @param alternative as OpenSSL writes it: "IP:127.0.0.1,DNS:here".
  self_signed(const std::string& folder, const std::string& name,
              const char* alternative);

  std::string certificate;
  std::string key;
};

} // namespace hansom::store::testing
