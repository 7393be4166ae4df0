#include "gateway/http_routes.hpp"

#include "protocol/json/writer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace hansom {

namespace {

bool same_letter(char a, char b) noexcept {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; };
  return lower(a) == lower(b);
}

bool matches(std::string_view prefix, std::string_view path) noexcept {
  return prefix.size() > 1 && prefix.ends_with('/') ? path.starts_with(prefix)
                                                    : path == prefix;
}

std::string_view title_of(int status) noexcept {
  switch (status) {
  case 400:
    return "Bad Request";
  case 401:
    return "Unauthorized";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 409:
    return "Conflict";
  case 413:
    return "Content Too Large";
  case 415:
    return "Unsupported Media Type";
  case 426:
    return "Upgrade Required";
  case 429:
    return "Too Many Requests";
  case 431:
    return "Request Header Fields Too Large";
  case 503:
    return "Service Unavailable";
  case 504:
    return "Gateway Timeout";
  default:
    return status >= 500 ? "Internal Server Error" : "Error";
  }
}

} // namespace

std::string_view http_request::header(std::string_view name) const noexcept {
  for (auto& [key, value] : headers)
    if (std::equal(key.begin(), key.end(), name.begin(), name.end(),
                   same_letter))
      return value;
  return {};
}

http_response problem(int status, std::string_view code,
                      std::string_view detail) {
  http_response result;
  result.status = status;
  result.content_type = "application/problem+json";
  auto& out = result.body;
  out = "{\"type\":\"about:blank\",\"title\":";
  json::append(out, title_of(status));
  out += ",\"status\":";
  json::append(out, status);
  out += ",\"code\":";
  json::append(out, code);
  out += ",\"detail\":";
  json::append(out, detail);
  out += '}';
  return result;
}

http_response problem(error_code code, std::string_view detail) {
  auto& about = facts(code);
  return problem(about.http, about.code,
                 detail.empty() ? about.sentence : detail);
}

void http_routes::add(std::string method, std::string prefix,
                      http_handler handler) {
  routes_.push_back({std::move(method), std::move(prefix), std::move(handler)});
}

void http_routes::handle(http_request request, http_reply reply) const {
  const route* best = nullptr;
  std::string allowed;
  for (auto& x : routes_) {
    if (!matches(x.prefix, request.path))
      continue;
    if (x.method != request.method) {
      allowed += allowed.empty() ? x.method : ", " + x.method;
      continue;
    }
    if (best == nullptr || x.prefix.size() > best->prefix.size())
      best = &x;
  }
  if (best == nullptr) {
    if (allowed.empty())
      return reply(
        problem(404, "http.not_found", "Nothing is served at this path."));
    auto answer = problem(405, "http.method_not_allowed",
                          "This path takes " + allowed + '.');
    answer.headers.emplace_back("Allow", allowed);
    return reply(std::move(answer));
  }
  try {
    best->handler(std::move(request), reply);
  } catch (const std::exception& e) {
    spdlog::error("handler of {} {} failed: {}", best->method, best->prefix,
                  e.what());
    reply(problem(error_code::internal));
  }
}

} // namespace hansom
