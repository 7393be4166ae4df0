#include "protocol/command_scan.hpp"

#include "protocol/json/cursor.hpp"

namespace hansom {

namespace {

constexpr std::size_t quote_max = 2048;
constexpr std::uint64_t plain_number_max = 999'999'999'999'999;

/// What such a frame may hold, whatever its type.
struct slots {
  std::string_view type;
  std::string_view id;
  std::string_view quote;
  trip_id trip;
  geo_point pickup;
  geo_point dropoff;
  geo_point at;
  std::uint64_t seq = 0;
  traceparent trace;
};

class scanner : json::cursor {
public:
  using cursor::cursor;

  /// One bit per member, to notice repeated and missing ones.
  enum member : unsigned {
    type = 1,
    id = 2,
    trip = 4,
    quote = 8,
    pickup = 16,
    dropoff = 32,
    seq = 64,
    at = 128,
    trace = 256,
  };

  bool frame(slots& out, unsigned& seen) noexcept {
    if (!take('{'))
      return false;
    do {
      auto found = name();
      if (found == 0 || (seen & found) != 0 || !take(':') || !value(found, out))
        return false;
      seen |= found;
    } while (take(','));
    return take('}') && at_end();
  }

private:
  member name() noexcept {
    std::string_view x;
    if (!plain_text(x))
      return {};
    if (x == "type")
      return type;
    if (x == "id")
      return id;
    if (x == "trip")
      return trip;
    if (x == "quote")
      return quote;
    if (x == "pickup")
      return pickup;
    if (x == "dropoff")
      return dropoff;
    if (x == "at")
      return at;
    if (x == "traceparent")
      return trace;
    return x == "seq" ? seq : member{};
  }

  bool value(member what, slots& out) noexcept {
    std::string_view text;
    switch (what) {
    case type:
      return plain_text(out.type);
    case id:
      return plain_text(out.id) && !out.id.empty()
             && out.id.size() <= message_id_max;
    case trip:
      return plain_text(text) && parse_id(text, out.trip);
    case quote:
      return plain_text(out.quote) && !out.quote.empty()
             && out.quote.size() <= quote_max;
    case pickup:
      return point(out.pickup);
    case dropoff:
      return point(out.dropoff);
    case at:
      return point(out.at);
    case seq:
      skip_space();
      return whole_number(plain_number_max, out.seq);
    case trace:
      return plain_text(text) && parse_traceparent(text, out.trace);
    }
    return false;
  }

  bool point(geo_point& out) noexcept {
    if (!take('{'))
      return false;
    bool lat = false, lon = false;
    do {
      std::string_view x;
      if (!plain_text(x) || !take(':'))
        return false;
      skip_space();
      if (x == "lat" && !lat)
        lat = degrees(900'000'000, out.lat_e7);
      else if (x == "lon" && !lon)
        lon = degrees(1'800'000'000, out.lon_e7);
      else
        return false;
    } while (take(','));
    return lat && lon && take('}');
  }
};

/// Of one type, what else belongs to it: no more and no less.
bool build(const slots& x, unsigned seen, client_message& out) {
  constexpr unsigned of_trip = scanner::type | scanner::id | scanner::trip;
  if (seen == of_trip) {
    if (x.type == "offer.accept")
      out.emplace<offer_accept>().trip = x.trip;
    else if (x.type == "offer.decline")
      out.emplace<offer_decline>().trip = x.trip;
    else if (x.type == "trip.arrived")
      out.emplace<trip_arrived>().trip = x.trip;
    else if (x.type == "trip.start")
      out.emplace<trip_start>().trip = x.trip;
    else if (x.type == "trip.complete")
      out.emplace<trip_complete>().trip = x.trip;
    else
      return false;
    return true;
  }
  if (seen == (scanner::type | scanner::id | scanner::quote)
      && x.type == "trip.request") {
    out.emplace<trip_request>().quote = x.quote;
    return true;
  }
  if (seen == (scanner::type | scanner::id | scanner::pickup | scanner::dropoff)
      && x.type == "quote") {
    auto& ask = out.emplace<quote_ask>();
    ask.pickup = x.pickup;
    ask.dropoff = x.dropoff;
    return true;
  }
  if (seen == (of_trip | scanner::at) && x.type == "trip.arrived") {
    auto& said = out.emplace<trip_arrived>();
    said.trip = x.trip;
    said.at = x.at;
    return true;
  }
  if (seen == (scanner::type | scanner::seq) && x.type == "heartbeat") {
    out.emplace<heartbeat>().seq = x.seq;
    return true;
  }
  return false;
}

} // namespace

bool scan_command(std::string_view text, decoded_frame& out) {
  if (text.size() > inbound_frame_max)
    return false;
  slots found;
  unsigned seen = 0;
  if (!scanner{text}.frame(found, seen)
      || !build(found, seen & ~unsigned{scanner::trace}, out.body))
    return false;
  out.id = found.id;
  out.trace = found.trace;
  return true;
}

} // namespace hansom
