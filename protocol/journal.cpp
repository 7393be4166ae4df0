#include "protocol/journal.hpp"

#include "protocol/json/document.hpp"
#include "protocol/json/reader.hpp"
#include "protocol/json/writer.hpp"

#include <array>

namespace hansom {

namespace {

template <class Variant>
using name_table = std::array<std::string_view, std::variant_size_v<Variant>>;

/// In the order of the variant's alternatives.
constexpr name_table<trip_event> trip_names = {
  "trip_requested",  "offer_closed",   "trip_assigned", "trip_promoted",
  "driver_released", "driver_arrived", "trip_started",  "trip_completed",
  "trip_cancelled",  "trip_expired",   "trip_rated"};
constexpr name_table<driver_event> driver_names = {
  "shift_started", "shift_end_asked", "shift_ended"};
constexpr name_table<cell_event> cell_names = {"surge_changed"};

static_assert(!trip_names.back().empty() && !driver_names.back().empty()
              && !cell_names.back().empty());

/// Deeper than any event of ours; guards against a damaged row.
constexpr std::size_t event_depth_max = 32;

template <class Variant>
std::string encode(const Variant& x) {
  std::string out;
  out.reserve(256);
  std::visit([&out](const auto& event) { json::append(out, event); }, x);
  return out;
}

template <class Event, class Variant>
bool read_event(const nlohmann::json& document, Variant& out,
                decode_error& error) {
  Event event;
  if (!json::read(document, event, error))
    return false;
  out = std::move(event);
  return true;
}

template <class Variant, std::size_t... Is>
bool read_named(std::size_t index, const nlohmann::json& document, Variant& out,
                decode_error& error, std::index_sequence<Is...>) {
  return ((Is == index
           && read_event<std::variant_alternative_t<Is, Variant>>(document, out,
                                                                  error))
          || ...);
}

template <class Variant>
bool decode(const name_table<Variant>& names, std::string_view name,
            std::string_view payload, Variant& out, std::string& why) {
  std::size_t index = 0;
  while (index < names.size() && names[index] != name)
    ++index;
  if (index == names.size()) {
    why = "unknown event \"" + std::string{name}
          + "\"; it may come from a newer version";
    return false;
  }
  nlohmann::json document;
  decode_error error;
  if (json::parse(payload, event_depth_max, document, error)
      && read_named(index, document, out, error,
                    std::make_index_sequence<std::variant_size_v<Variant>>{}))
    return true;
  why = "event " + std::string{name} + ", payload"
        + (error.where.empty() ? "" : " at " + error.where) + ": "
        + error.message;
  return false;
}

} // namespace

std::string_view event_name(const trip_event& x) noexcept {
  return trip_names[x.index()];
}

std::string_view event_name(const driver_event& x) noexcept {
  return driver_names[x.index()];
}

std::string_view event_name(const cell_event& x) noexcept {
  return cell_names[x.index()];
}

std::string encode_event(const trip_event& x) {
  return encode(x);
}

std::string encode_event(const driver_event& x) {
  return encode(x);
}

std::string encode_event(const cell_event& x) {
  return encode(x);
}

bool decode_event(std::string_view name, std::string_view payload,
                  trip_event& out, std::string& why) {
  return decode(trip_names, name, payload, out, why);
}

bool decode_event(std::string_view name, std::string_view payload,
                  driver_event& out, std::string& why) {
  return decode(driver_names, name, payload, out, why);
}

bool decode_event(std::string_view name, std::string_view payload,
                  cell_event& out, std::string& why) {
  return decode(cell_names, name, payload, out, why);
}

} // namespace hansom
