#include "bench/fleet/server_frame.hpp"

#include "protocol/json/document.hpp"
#include "protocol/json/reader.hpp"

#include <array>

namespace hansom::fleet {

namespace {

constexpr std::array<const char*, frame_kind_count> names = {
  "welcome", "ack",     "error",           "offer",     "offer.withdrawn",
  "trip",    "receipt", "driver.position", "quote",     "nearby",
  "surge",   "resync",  "go_away",         "heartbeat", "token.expiring"};

constexpr std::size_t depth_max = 16;

using document = nlohmann::json;

/// Walks one frame's members and remembers the first thing that is wrong.
class reader {
public:
  reader(const document& from, std::string& why) : from_{from}, why_{why} {
  }

  template <class T>
  void record(std::optional<T>& out) {
    read_into(from_, out.emplace(), "");
  }

  template <class T>
  void member(const char* name, T& out, bool required = true) {
    auto at = from_.find(name);
    if (at != from_.end())
      read_into(*at, out, std::string{"/"} + name);
    else if (required && why_.empty())
      why_ = std::string{name} + " is missing";
  }

  template <class T>
  void member(const char* name, std::optional<T>& out, bool required = true) {
    if (from_.contains(name))
      member(name, out.emplace(), required);
    else if (required && why_.empty())
      why_ = std::string{name} + " is missing";
  }

  void need(bool fine, const char* what) {
    if (!fine && why_.empty())
      why_ = what;
  }

private:
  template <class T>
  void read_into(const document& from, T& out, const std::string& where) {
    decode_error error;
    if (!json::read(from, out, error, json::reading::tolerant, where)
        && why_.empty())
      why_ = error.where + ' ' + error.message;
  }

  const document& from_;
  std::string& why_;
};

bool kind_of(const document& from, frame_kind& out) {
  auto type = from.find("type");
  if (type == from.end() || !type->is_string())
    return false;
  const auto& text = type->get_ref<const std::string&>();
  for (std::size_t i = 0; i < names.size(); ++i)
    if (text == names[i]) {
      out = static_cast<frame_kind>(i);
      return true;
    }
  return false;
}

void read_state(reader& in, bool is_driver, server_frame& out) {
  if (is_driver)
    in.member("state", out.driver);
  else
    in.member("state", out.rider);
}

void read_body(reader& in, bool is_driver, server_frame& out) {
  switch (out.kind) {
  case frame_kind::welcome:
    in.member("session", out.session);
    in.member("heartbeat_ms", out.heartbeat_ms);
    in.member("resumed", out.resumed);
    return read_state(in, is_driver, out);
  case frame_kind::resync:
    return read_state(in, is_driver, out);
  case frame_kind::ack:
    in.need(!out.re.empty(), "an ack without re");
    in.member("trip", out.trip, false);
    return in.member("rev", out.rev, false);
  case frame_kind::error:
    in.member("code", out.code);
    in.member("message", out.message);
    in.member("temporary", out.temporary);
    return in.member("retry_after_ms", out.wait_ms, false);
  case frame_kind::offer:
    in.record(out.offer);
    return in.need(bool{out.offer->trip}, "an offer without trip");
  case frame_kind::offer_withdrawn:
    in.record(out.withdrawn);
    return in.need(bool{out.withdrawn->trip}, "no trip is named");
  case frame_kind::trip:
    in.record(out.view);
    return in.need(out.view->trip && out.view->rev > 0,
                   "a trip without id or rev");
  case frame_kind::receipt:
    in.record(out.receipt);
    return in.need(bool{out.receipt->trip}, "a receipt without trip");
  case frame_kind::quote:
    in.record(out.quote);
    return in.need(!out.quote->quote.empty(), "a quote without its token");
  case frame_kind::go_away:
    return in.member("reconnect_ms", out.wait_ms);
  default:
    return;
  }
}

} // namespace

const char* to_text(frame_kind x) noexcept {
  return names[static_cast<std::size_t>(x)];
}

bool read_frame(std::string_view text, bool is_driver, server_frame& out,
                std::string& why) {
  out = server_frame{};
  why.clear();
  // By far the most frequent frame, and nothing depends on it.
  if (text.starts_with(R"({"type":"driver.position")")) {
    out.kind = frame_kind::driver_position;
    return true;
  }
  document root;
  decode_error error;
  if (!json::parse(text, depth_max, root, error)) {
    why = error.message;
    return false;
  }
  if (!root.is_object() || !kind_of(root, out.kind)) {
    why = "a type that the protocol does not know";
    return false;
  }
  reader in{root, why};
  in.member("seq", out.seq, false);
  in.member("re", out.re, false);
  read_body(in, is_driver, out);
  return why.empty();
}

} // namespace hansom::fleet
