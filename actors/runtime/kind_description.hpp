#pragma once

#include "actors/runtime/message_kind.hpp"

#include <caf/replies_to.hpp>
#include <caf/type_id.hpp>

#include <array>
#include <chrono>
#include <initializer_list>
#include <string_view>
#include <tuple>
#include <typeinfo>
#include <vector>

namespace hansom {

/// A message that a kind of actor takes.
struct message_rule {
  message_kind kind = 0;
  /// A handler that takes longer is slow; one that runs longer is stuck.
  std::chrono::milliseconds deadline{250};
};

/// What the console has to know about a kind of actor; each kind registers one
/// (actors/kinds.cpp).
struct kind_description {
  entity_kind kind = entity_kind::driver;
  std::string_view what; ///< One sentence.
  /// By the code that `report` shows; 0 is an actor that has not run yet.
  std::vector<std::string_view> states;
  std::vector<message_rule> messages;
  std::uint64_t backlog_max = 256; ///< More in a mailbox is a backlog.
  std::size_t history = 8;         ///< Messages remembered; a power of two.
  /// Names of fields of its state that tell of a person; who may only look gets
  /// coordinates to two decimals and "***" instead of anything else.
  std::vector<std::string_view> personal;

  [[nodiscard]] std::string_view state_name(std::uint8_t code) const noexcept {
    return code < states.size() ? states[code] : "?";
  }
  [[nodiscard]] std::chrono::milliseconds
  deadline_of(message_kind x) const noexcept {
    for (auto& rule : messages)
      if (rule.kind == x)
        return rule.deadline;
    return message_rule{}.deadline;
  }
};

namespace detail {

template <class... In, class Out>
message_kind
kind_of_signature(caf::typed_mpi<caf::detail::type_list<In...>, Out>*) {
  using spoken = std::tuple_element_t<sizeof...(In) - 1, std::tuple<In...>>;
  if constexpr (requires { caf::type_id<spoken>::value; })
    return kind_of_type(caf::type_id<spoken>::value);
  else
    return kind_of_local(typeid(spoken));
}

} // namespace detail

/// A deadline other than the usual.
struct deadline_rule {
  std::string_view message;
  std::chrono::milliseconds deadline;
};

/// @returns the rules of all messages of an interface, so that none can be
///          forgotten.
template <class Interface>
std::vector<message_rule>
rules_of(std::initializer_list<deadline_rule> deadlines = {}) {
  std::vector<message_rule> result;
  auto add = [&](message_kind kind) {
    message_rule rule{kind};
    for (auto& x : deadlines)
      if (x.message == name_of(kind))
        rule.deadline = x.deadline;
    result.push_back(rule);
  };
  [&]<class... Sigs>(caf::detail::type_list<Sigs...>*) {
    (add(detail::kind_of_signature(static_cast<Sigs*>(nullptr))), ...);
  }(static_cast<typename Interface::signatures*>(nullptr));
  return result;
}

/// @returns the descriptions of all kinds of entities; for ever.
const std::vector<kind_description>& actor_kinds();

/// @returns that of one kind.
const kind_description& describe_kind(entity_kind x);

} // namespace hansom
