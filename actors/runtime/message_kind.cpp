#include "actors/runtime/message_kind.hpp"

#include "actors/type_ids.hpp"

#include <algorithm>
#include <array>
#include <typeinfo>
#include <utility>

namespace hansom {

namespace {

constexpr std::size_t first_type = caf::id_block::hansom::begin;
constexpr std::size_t type_count = caf::id_block::hansom::end - first_type;

/// Kinds beyond those with a number of CAF's: they never leave the node.
enum local_kind : message_kind {
  commit_answer = type_count + 1,
  lookup_answer,
  exit_signal,
  kinds_end,
};
static_assert(kinds_end <= message_kinds_max);

// -- which trip ---------------------------------------------------------------

struct trip_finder {
  trip_id found;

  void operator()(const char*, trip_id x) {
    if (!found)
      found = x;
  }
  void operator()(const char*, entity_ref x) {
    if (!found && x.kind == entity_kind::trip)
      found = trip_id{x.id};
  }
  template <class T>
  void operator()(const char* name, const caf::optional<T>& x) {
    if (x)
      (*this)(name, *x);
  }
  template <class T>
  void operator()(const char*, const T& x) {
    if constexpr (requires(const T& y, trip_finder& f) {
                    for_each_field(y, f);
                  })
      for_each_field(x, *this);
  }
};

/// Whether a type has room for a trip at all.
struct trip_field {
  bool found = false;

  void operator()(const char*, const trip_id&) {
    found = true;
  }
  void operator()(const char*, const entity_ref&) {
    found = true;
  }
  template <class T>
  void operator()(const char* name, const caf::optional<T>&) {
    (*this)(name, T{});
  }
  template <class T>
  void operator()(const char*, const T& x) {
    if constexpr (requires(const T& y, trip_field& f) { for_each_field(y, f); })
      for_each_field(x, *this);
  }
};

using find_trip = trip_id (*)(const void*);

template <class T>
trip_id trip_of(const void* x) {
  trip_finder find;
  find("", *static_cast<const T*>(x));
  return find.found;
}

// -- the table ----------------------------------------------------------------

struct facts {
  std::string_view name = "message";
  find_trip trip = nullptr;
  bool routine = false;
};

using fact_table = std::array<facts, message_kinds_max>;

template <std::size_t I>
facts facts_of() {
  constexpr auto id = static_cast<caf::type_id_t>(first_type + I);
  using type = typename caf::type_by_id<id>::type;
  facts x;
  x.name = caf::type_name_by_id<id>::value;
  constexpr std::string_view ours = "hansom::";
  if (auto at = x.name.find(ours); at != std::string_view::npos)
    x.name = x.name.substr(at + ours.size());
  trip_field field;
  field("", type{});
  if (field.found)
    x.trip = trip_of<type>;
  return x;
}

template <std::size_t... I>
fact_table make_table(std::index_sequence<I...>) {
  fact_table table;
  ((table[I + 1] = facts_of<I>()), ...);
  table[commit_answer].name = "commit_result";
  table[lookup_answer].name = "lookup_result";
  table[exit_signal].name = "exit";
  constexpr std::array<std::string_view, 8> routine{
    "position_batch", "driver_moved", "trip_position", "driver_near",
    "surge_hint",     "alarm_rang",   "describe",      "explain"};
  for (auto& x : table)
    x.routine =
      std::find(routine.begin(), routine.end(), x.name) != routine.end();
  for (auto& x : table)
    if (x.name == "explain")
      x.trip = nullptr; // Asks about it, which is no part of it.
  return table;
}

const fact_table table = make_table(std::make_index_sequence<type_count>{});

/// The element that says what a message is.
std::size_t speaking_element(const caf::type_erased_tuple& x) noexcept {
  return x.size() > 1 ? 1 : 0;
}

} // namespace

message_kind kind_of_type(std::uint16_t caf_type) noexcept {
  if (caf_type >= first_type && caf_type < first_type + type_count)
    return static_cast<message_kind>(caf_type - first_type + 1);
  return 0;
}

namespace {

/// Kinds by the address of their type's description, which a message has at
/// hand: types of ours have no number in it. One program has one of each.
class kinds_by_type {
public:
  kinds_by_type() {
    add_numbered(std::make_index_sequence<type_count>{});
    add(typeid(commit_result), commit_answer);
    add(typeid(lookup_result), lookup_answer);
  }

  [[nodiscard]] message_kind find(const std::type_info& type) const noexcept {
    for (auto i = place_of(&type);; i = (i + 1) % size)
      if (places_[i].type == &type || places_[i].type == nullptr)
        return places_[i].kind;
  }

private:
  static constexpr std::size_t size = 512; ///< Mostly empty.
  static_assert(std::size_t{kinds_end} * 4 < size);

  struct place {
    const std::type_info* type = nullptr;
    message_kind kind = 0;
  };

  static std::size_t place_of(const std::type_info* type) noexcept {
    return mix64(reinterpret_cast<std::uintptr_t>(type)) % size;
  }

  void add(const std::type_info& type, std::size_t kind) {
    auto i = place_of(&type);
    while (places_[i].type != nullptr)
      i = (i + 1) % size;
    places_[i] = {&type, static_cast<message_kind>(kind)};
  }

  template <std::size_t... I>
  void add_numbered(std::index_sequence<I...>) {
    (add(typeid(typename caf::type_by_id<static_cast<caf::type_id_t>(
                  first_type + I)>::type),
         I + 1),
     ...);
  }

  std::array<place, size> places_;
};

const kinds_by_type by_type;

} // namespace

message_kind kind_of_local(const std::type_info& type) noexcept {
  return by_type.find(type);
}

message_kind kind_of(const caf::type_erased_tuple& x) noexcept {
  if (x.empty())
    return 0;
  auto type = x.type(speaking_element(x));
  if (type.first != 0) // One of CAF's own.
    return type.first == caf::type_nr<caf::exit_msg>::value ? exit_signal : 0;
  return type.second != nullptr ? kind_of_local(*type.second) : message_kind{0};
}

std::string_view name_of(message_kind x) noexcept {
  return x < table.size() ? table[x].name : table[0].name;
}

bool is_routine(message_kind x) noexcept {
  return x < table.size() && table[x].routine;
}

trip_id trip_in(const caf::type_erased_tuple& x, message_kind kind) noexcept {
  auto find = kind < table.size() ? table[kind].trip : nullptr;
  return find == nullptr || x.empty() ? trip_id{}
                                      : find(x.get(speaking_element(x)));
}

std::string text_of(const caf::type_erased_tuple& x, message_kind kind,
                    std::size_t size_max) {
  static const auto attach_kind = kind_of_type(caf::type_id<attach>::value);
  static const auto detach_kind = kind_of_type(caf::type_id<detach>::value);
  if (x.empty() || kind == attach_kind || kind == detach_kind)
    return std::string{name_of(kind)};
  auto element = speaking_element(x);
  if (kind == 0 || kind > type_count) // It cannot be printed.
    return std::string{name_of(kind)};
  auto text = x.stringify(element);
  if (text.size() > size_max) {
    text.resize(size_max);
    text += "...";
  }
  for (auto& c : text)
    if (c < 0x20 || c > 0x7e)
      c = '?';
  return text;
}

} // namespace hansom
