#include "cluster/tracing/otlp_json.hpp"

#include "protocol/json/writer.hpp"

namespace hansom {

namespace {

/// The status codes of OTLP.
constexpr int status_error = 2;

/// OTLP's JSON writes 64-bit numbers as texts.
void append_number(std::string& out, std::int64_t x) {
  out += '"' + std::to_string(x) + '"';
}

void append_tag(std::string& out, std::string_view key,
                const std::variant<std::int64_t, std::string>& value) {
  out += "{\"key\":";
  json::append(out, key);
  out += ",\"value\":{";
  if (auto* text = std::get_if<std::string>(&value)) {
    out += "\"stringValue\":";
    json::append(out, std::string_view{*text});
  } else {
    out += "\"intValue\":";
    append_number(out, std::get<std::int64_t>(value));
  }
  out += "}}";
}

void append_ids(std::string& out, const trace_context& x) {
  out += "\"traceId\":\"" + trace_text(x) + "\",\"spanId\":\""
         + span_text(x.span) + '"';
}

void append_span(std::string& out, const finished_span& x) {
  out += '{';
  append_ids(out, x.what.at);
  if (x.what.parent != 0)
    out += ",\"parentSpanId\":\"" + span_text(x.what.parent) + '"';
  out += ",\"name\":";
  json::append(out, std::string_view{x.name});
  out += ",\"kind\":" + std::to_string(static_cast<int>(x.kind))
         + ",\"startTimeUnixNano\":";
  append_number(out, x.what.began_ns);
  out += ",\"endTimeUnixNano\":";
  append_number(out, x.ended_ns);
  out += ",\"attributes\":[";
  for (std::size_t i = 0; i < x.tags.size(); ++i) {
    out += i == 0 ? "" : ",";
    append_tag(out, x.tags[i].first, x.tags[i].second);
  }
  out += "],\"links\":[";
  for (std::size_t i = 0; i < x.links.size(); ++i) {
    out += i == 0 ? "{" : ",{";
    append_ids(out, x.links[i]);
    out += '}';
  }
  out += "],\"status\":{";
  if (!x.error.empty()) {
    out += "\"code\":" + std::to_string(status_error) + ",\"message\":";
    json::append(out, std::string_view{x.error});
  }
  out += "}}";
}

} // namespace

std::string to_otlp_json(const std::vector<finished_span>& spans,
                         std::string_view node, std::string_view version) {
  std::string out = R"({"resourceSpans":[{"resource":{"attributes":[)";
  out.reserve(400 + spans.size() * 600);
  append_tag(out, "service.name", std::string{"hansom"});
  out += ',';
  append_tag(out, "service.instance.id", std::string{node});
  out += ',';
  append_tag(out, "service.version", std::string{version});
  out += R"(]},"scopeSpans":[{"scope":{"name":"hansom"},"spans":[)";
  for (std::size_t i = 0; i < spans.size(); ++i) {
    out += i == 0 ? "" : ",";
    append_span(out, spans[i]);
  }
  return out + "]}]}]}";
}

} // namespace hansom
