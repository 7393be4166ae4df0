#pragma once

#include "cluster/config/duration_text.hpp"
#include "cluster/config/property.hpp"
#include "cluster/config/settings.hpp"

#include <algorithm>
#include <type_traits>

/// Reaches a member from settings that are const or not.
#define AT(member)                                                             \
  [](auto& s) -> auto& {                                                       \
    return s.member;                                                           \
  }

/// The kinds of values a property may have. `at` maps settings to the member,
/// for both const and mutable settings.
namespace hansom::config {

/// Quotes a text for TOML.
std::string quoted(std::string_view text);

/// The text behind a raw value, when it may be one.
const std::string* text_of(const raw_value& x);

template <class Member>
property integer(std::string key, Member at, std::int64_t low,
                 std::int64_t high, std::string help) {
  return {std::move(key), std::move(help),
          "a whole number from " + std::to_string(low) + " to "
            + std::to_string(high),
          [at](const settings& s) { return std::to_string(at(s)); },
          [at, low, high](settings& s, const raw_value& x) {
            auto* n = std::get_if<std::int64_t>(&x.what);
            if (!n || *n < low || *n > high)
              return false;
            at(s) = static_cast<std::remove_cvref_t<decltype(at(s))>>(*n);
            return true;
          }};
}

template <class Member>
property duration(std::string key, Member at, milliseconds low,
                  milliseconds high, std::string help) {
  return {std::move(key), std::move(help),
          "a duration from " + duration_text(low) + " to " + duration_text(high)
            + ", such as \"15s\"",
          [at](const settings& s) { return quoted(duration_text(at(s))); },
          [at, low, high](settings& s, const raw_value& x) {
            auto* text = text_of(x);
            milliseconds d{0};
            if (!text || !parse_duration(*text, d) || d < low || d > high)
              return false;
            at(s) = d;
            return true;
          }};
}

template <class Member>
property flag(std::string key, Member at, std::string help) {
  return {
    std::move(key), std::move(help), "true or false",
    [at](const settings& s) { return std::string{at(s) ? "true" : "false"}; },
    [at](settings& s, const raw_value& x) {
      auto* b = std::get_if<bool>(&x.what);
      if (b)
        at(s) = *b;
      return b != nullptr;
    }};
}

template <class Member>
property text(std::string key, Member at, std::string expected,
              std::string help) {
  return {std::move(key), std::move(help), std::move(expected),
          [at](const settings& s) { return quoted(at(s)); },
          [at](settings& s, const raw_value& x) {
            auto* t = text_of(x);
            if (t)
              at(s) = *t;
            return t != nullptr;
          }};
}

/// A value with a text form of its own: an enum, a currency.
/// @param print value -> text; @param parse (text, value&) -> bool.
template <class Member, class Print, class Parse>
property choice(std::string key, Member at, std::string expected, Print print,
                Parse parse, std::string help) {
  return {std::move(key), std::move(help), std::move(expected),
          [at, print](const settings& s) { return quoted(print(at(s))); },
          [at, parse](settings& s, const raw_value& x) {
            auto* t = text_of(x);
            return t != nullptr && parse(*t, at(s));
          }};
}

template <class Member>
property texts(std::string key, Member at, std::string expected,
               std::string help) {
  return {std::move(key), std::move(help), std::move(expected),
          [at](const settings& s) {
            std::string out = "[";
            for (auto& item : at(s))
              out += (out.size() > 1 ? ", " : "") + quoted(item);
            return out + "]";
          },
          [at](settings& s, const raw_value& x) {
            auto* items = std::get_if<std::vector<raw_value>>(&x.what);
            std::vector<std::string> result;
            if (!items) {
              auto* one = x.untyped ? text_of(x) : nullptr;
              if (!one)
                return false;
              result.push_back(*one);
            } else {
              for (auto& item : *items) {
                auto* t = text_of(item);
                if (!t)
                  return false;
                result.push_back(*t);
              }
            }
            at(s) = std::move(result);
            return true;
          }};
}

} // namespace hansom::config
