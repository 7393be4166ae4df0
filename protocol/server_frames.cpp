#include "protocol/server_frames.hpp"

#include "protocol/json/writer.hpp"

namespace hansom {

void splice(std::string& out, std::string_view body,
            std::optional<std::uint64_t> seq, std::string_view re) {
  out += '{';
  if (seq) {
    out += "\"seq\":";
    json::append(out, *seq);
    out += ',';
  }
  if (!re.empty()) {
    out += "\"re\":";
    json::append(out, re);
    out += ',';
  }
  out += body.substr(1);
}

std::string ack_body() {
  return R"({"type":"ack"})";
}

namespace {

std::string make_error(error_code code, std::string_view message,
                       std::string_view where,
                       std::optional<std::uint32_t> retry_after_ms) {
  const auto& about = facts(code);
  std::string out = R"({"type":"error","code":)";
  json::append(out, about.code);
  out += ",\"message\":";
  json::append(out, message.empty() ? about.sentence : message);
  if (!where.empty()) {
    out += ",\"where\":";
    json::append(out, where);
  }
  out += ",\"temporary\":";
  json::append(out, about.temporary);
  if (retry_after_ms) {
    out += ",\"retry_after_ms\":";
    json::append(out, *retry_after_ms);
  }
  out += '}';
  return out;
}

} // namespace

std::string error_body(error_code code, std::string_view message,
                       std::optional<std::uint32_t> retry_after_ms) {
  return make_error(code, message, {}, retry_after_ms);
}

std::string error_body(const decode_error& error) {
  return make_error(error.code, error.message, error.where, {});
}

std::string welcome_body(std::string_view session, std::uint32_t heartbeat_ms,
                         bool resumed, std::string_view state_json) {
  std::string out = R"({"type":"welcome","session":)";
  out.reserve(out.size() + session.size() + state_json.size() + 80);
  json::append(out, session);
  out += ",\"heartbeat_ms\":";
  json::append(out, heartbeat_ms);
  out += ",\"resumed\":";
  json::append(out, resumed);
  out += ",\"state\":";
  out += state_json;
  out += '}';
  return out;
}

std::string resync_body(std::string_view state_json) {
  std::string out = R"({"type":"resync","state":)";
  out += state_json;
  out += '}';
  return out;
}

std::string go_away_body(std::uint32_t reconnect_ms) {
  std::string out = R"({"type":"go_away","reconnect_ms":)";
  json::append(out, reconnect_ms);
  out += '}';
  return out;
}

std::string heartbeat_body() {
  return R"({"type":"heartbeat"})";
}

std::string token_expiring_body(timestamp expires_at) {
  std::string out = R"({"type":"token.expiring","expires_at":)";
  json::append(out, expires_at);
  out += '}';
  return out;
}

} // namespace hansom
