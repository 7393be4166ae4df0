#include "protocol/json/json.hpp"

#include "protocol/command_scan.hpp"
#include "protocol/json/document.hpp"
#include "protocol/json/reader.hpp"
#include "protocol/json/writer.hpp"

#include <array>

namespace hansom {

namespace {

using nlohmann_json = nlohmann::json;

/// Whether a message carries a client-made id.
enum class id_policy : std::uint8_t {
  required, ///< Commands: the answer and the memory of duplicates need it.
  optional, ///< Of the session itself.
  none,     ///< Telemetry is not answered.
};

using body_reader = bool (*)(const nlohmann_json&, client_message&,
                             decode_error&, std::size_t extra_fields);

template <class T>
bool read_body(const nlohmann_json& from, client_message& out,
               decode_error& error, std::size_t extra_fields) {
  return json::detail::read_record(from, out.emplace<T>(), error,
                                   json::reading::strict, extra_fields);
}

/// Flat with one point, or `points` with a list; never both.
bool read_position(const nlohmann_json& from, client_message& out,
                   decode_error& error, std::size_t extra_fields) {
  auto& body = out.emplace<position>();
  if (from.find("points") == from.end())
    return json::detail::read_report(from, body.points.emplace_back(), error,
                                     json::reading::strict, extra_fields);
  if (!json::detail::read_record(from, body, error, json::reading::strict,
                                 extra_fields))
    return false;
  if (!body.points.empty())
    return true;
  json::detail::fail(error, error_code::out_of_range,
                     "must have 1 to 50 points.");
  json::detail::prepend(error, "points");
  return false;
}

struct message_row {
  std::string_view type;
  id_policy id;
  body_reader read;
};

template <class T>
constexpr message_row row(std::string_view type,
                          id_policy id = id_policy::required) {
  return {type, id, &read_body<T>};
}

/// The one table of client messages, in the order of `client_message`.
constexpr std::array<message_row, std::variant_size_v<client_message>>
  messages = {{
    row<hello>("hello", id_policy::optional),
    row<heartbeat>("heartbeat", id_policy::optional),
    row<token_refresh>("token.refresh", id_policy::optional),
    {"position", id_policy::none, &read_position},
    row<shift_start>("shift.start"),
    row<shift_end>("shift.end"),
    row<offer_accept>("offer.accept"),
    row<offer_decline>("offer.decline"),
    row<trip_arrived>("trip.arrived"),
    row<trip_start>("trip.start"),
    row<trip_complete>("trip.complete"),
    row<trip_cancel>("trip.cancel"),
    row<trip_no_show>("trip.no_show"),
    row<quote_ask>("quote"),
    row<trip_request>("trip.request"),
    row<trip_rate>("trip.rate"),
    row<nearby_ask>("nearby"),
  }};

static_assert(messages.back().read != nullptr, "a message has no row");

const message_row* find_message(std::string_view type) noexcept {
  for (const auto& x : messages)
    if (x.type == type)
      return &x;
  return nullptr;
}

bool fail(decode_error& error, error_code code, std::string where,
          std::string message) {
  error.where = std::move(where);
  return json::detail::fail(error, code, std::move(message));
}

bool is_message_id(std::string_view x) noexcept {
  if (x.empty() || x.size() > message_id_max)
    return false;
  for (char c : x)
    if (c < 0x20 || c > 0x7e)
      return false;
  return true;
}

bool check_text(std::string_view text, decode_error& error) {
  if (text.size() > inbound_frame_max)
    return fail(error, error_code::too_large, {},
                "the frame has " + std::to_string(text.size())
                  + " bytes; at most " + std::to_string(inbound_frame_max)
                  + " are accepted.");
  std::size_t bad_at = 0;
  if (!json::is_utf8(text, bad_at))
    return fail(error, error_code::bad_utf8, {},
                "byte " + std::to_string(bad_at)
                  + " does not begin a UTF-8 character.");
  return true;
}

/// @param given set when the frame has an id, even where it must not.
bool read_id(const nlohmann_json& document, std::string& id, bool& given,
             decode_error& error) {
  auto member = document.find("id");
  given = member != document.end();
  if (!given)
    return true;
  auto text = member->get_ptr<const std::string*>();
  if (text == nullptr)
    return fail(error, error_code::wrong_type, "/id",
                "must be text, made by the client for each command.");
  if (!is_message_id(*text))
    return fail(error, error_code::out_of_range, "/id",
                "must be 1 to 64 printable ASCII characters.");
  id = *text;
  return true;
}

/// The one field besides "type" and "id" that any command may have. It is
/// ours to refuse: whoever sends a broken one wants to hear of it.
bool read_trace(const nlohmann_json& document, traceparent& out, bool& given,
                decode_error& error) {
  auto member = document.find("traceparent");
  given = member != document.end();
  if (!given)
    return true;
  auto text = member->get_ptr<const std::string*>();
  if (text == nullptr)
    return fail(error, error_code::wrong_type, "/traceparent",
                "must be text, as in the W3C's Trace Context.");
  if (!parse_traceparent(*text, out))
    return fail(error, error_code::out_of_range, "/traceparent",
                "must be 00-<32 hex digits>-<16 hex digits>-<2 hex digits>, in "
                "lower case and not all zero.");
  return true;
}

const message_row* read_type(const nlohmann_json& document,
                             decode_error& error) {
  auto member = document.find("type");
  if (member == document.end()) {
    fail(error, error_code::missing_field, "/type",
         "the field \"type\" is required, such as \"hello\".");
    return nullptr;
  }
  auto text = member->get_ptr<const std::string*>();
  if (text == nullptr) {
    fail(error, error_code::wrong_type, "/type",
         "must be text, such as \"hello\".");
    return nullptr;
  }
  auto found = find_message(*text);
  if (found != nullptr)
    return found;
  std::string known;
  for (const auto& x : messages)
    known += (known.empty() ? "" : ", ") + std::string{x.type};
  fail(error, error_code::unknown_type, "/type",
       "no such message; known: " + known + '.');
  return nullptr;
}

bool check_id(const message_row& message, bool given, decode_error& error) {
  if (message.id == id_policy::required && !given)
    return fail(error, error_code::missing_field, "/id",
                std::string{message.type}
                  + " needs an \"id\", made by the client, to be answered.");
  if (message.id == id_policy::none && given)
    return fail(error, error_code::unknown_field, "/id",
                std::string{message.type} + " takes no \"id\".");
  return true;
}

bool check_trace(const message_row& message, bool given, decode_error& error) {
  if (message.id != id_policy::none || !given)
    return true;
  return fail(error, error_code::unknown_field, "/traceparent",
              std::string{message.type} + " takes no \"traceparent\".");
}

} // namespace

bool decode_frame(std::string_view text, decoded_frame& out,
                  decode_error& error) {
  // Asked for by kind, so that a session that only reports its position keeps
  // one vector for its life.
  auto body = std::get_if<position>(&out.body);
  if (body == nullptr)
    body = &out.body.emplace<position>();
  out.id.clear();
  out.trace = {};
  if (scan_position(text, *body) == 1)
    return true;
  if (scan_command(text, out))
    return true;
  return decode_document(text, out, error);
}

bool decode_document(std::string_view text, decoded_frame& out,
                     decode_error& error) {
  out.id.clear();
  out.trace = {};
  error = {};
  if (!check_text(text, error))
    return false;
  nlohmann_json document;
  if (!json::parse(text, json_depth_max, document, error))
    return false;
  if (!document.is_object())
    return fail(error, error_code::bad_json, {},
                "a frame must be one JSON object.");
  bool given = false;
  if (!read_id(document, out.id, given, error))
    return false;
  auto message = read_type(document, error);
  bool traced = false;
  if (message == nullptr || !check_id(*message, given, error)
      || !read_trace(document, out.trace, traced, error)
      || !check_trace(*message, traced, error))
    return false;
  auto extra = std::size_t{1} + (given ? 1 : 0) + (traced ? 1 : 0);
  return message->read(document, out.body, error, extra);
}

std::string_view type_name(const client_message& x) noexcept {
  return messages[x.index()].type;
}

std::string_view type_name(std::size_t index) noexcept {
  return messages.at(index).type;
}

namespace {

void append_body(std::string& out, const position& x) {
  if (x.points.size() == 1)
    json::append_fields(out, x.points.front(), false);
  else
    json::append_fields(out, x, false);
}

template <class T>
void append_body(std::string& out, const T& x) {
  json::append_fields(out, x, false);
}

} // namespace

std::string encode_frame(std::string_view id, const client_message& body,
                         const traceparent& trace) {
  std::string out = "{\"type\":";
  out.reserve(160);
  json::append(out, type_name(body));
  if (!id.empty()) {
    out += ",\"id\":";
    json::append(out, id);
  }
  if (trace)
    out += ",\"traceparent\":\"" + to_text(trace) + '"';
  std::visit([&out](const auto& x) { append_body(out, x); }, body);
  out += '}';
  return out;
}

} // namespace hansom
