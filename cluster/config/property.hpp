#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hansom {

struct settings;

/// A value as it was written, before its property has looked at it.
struct raw_value {
  std::variant<bool, std::int64_t, std::string, std::vector<raw_value>> what;
  std::string text; ///< As written, for messages.
  /// From a flag or the environment: 42 may also mean the text "42".
  bool untyped = false;
};

/// One setting: declared once; help, validation, the example file and
/// `hansom config` are made from it.
struct property {
  std::string key;      ///< "dispatch.offer_timeout".
  std::string help;     ///< One sentence for people.
  std::string expected; ///< "a duration from 1s to 10m, such as \"15s\"".
  /// The present value as TOML.
  std::function<std::string(const settings&)> show;
  /// Takes a value over. @returns whether it fits `expected`.
  std::function<bool(settings&, const raw_value&)> set;
};

/// All properties, grouped by section, in the order of the example file.
const std::vector<property>& properties();

/// @returns the property of that key, or null.
const property* find_property(std::string_view key);

/// @returns the key most like `wrong`; empty when none is near.
std::string nearest_key(std::string_view wrong);

} // namespace hansom
