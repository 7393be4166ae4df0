#pragma once

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <string>
#include <utility>

/// Runs a rapidcheck property as one assertion of a doctest case; a failure
/// prints the seed and the shrunk counter-example.
template <class Property>
void holds(const std::string& what, Property&& property) {
  // More cases than the default 100; the environment still has the last word.
  [[maybe_unused]] static const int once =
    setenv("RC_PARAMS", "max_success=500", 0);
  CHECK_MESSAGE(rc::check(what, std::forward<Property>(property)), what);
}

/// A number from `low` to `high`, both included.
template <class T>
rc::Gen<T> between(T low, T high) {
  return rc::gen::map(
    rc::gen::inRange<long long>(static_cast<long long>(low),
                                static_cast<long long>(high) + 1),
    [](long long x) { return static_cast<T>(x); });
}
