#include "gateway/console/console_routes.hpp"

#include "gateway/console/console_files.hpp"
#include "protocol/json/writer.hpp"

#include <zlib.h>

#include <algorithm>
#include <stdexcept>

namespace hansom {

namespace {

constexpr std::string_view prefix = "/console/";

/// For the rare client that takes no gzip.
std::string unpacked(std::string_view gzip) {
  z_stream stream{};
  constexpr int gzip_window = 16 + MAX_WBITS;
  if (inflateInit2(&stream, gzip_window) != Z_OK)
    throw std::runtime_error("zlib does not start");
  // zlib takes a pointer that it does not write through.
  stream.next_in =
    reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data())); // NOLINT
  stream.avail_in = static_cast<uInt>(gzip.size());
  std::string out;
  int state = Z_OK;
  while (state == Z_OK) {
    auto had = out.size();
    out.resize(had + 4 * gzip.size() + 1024);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + had);
    stream.avail_out = static_cast<uInt>(out.size() - had);
    state = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END)
    throw std::runtime_error("a file of the console is damaged");
  return out;
}

const console_file* find(std::string_view path) {
  auto all = console_files();
  auto found = std::lower_bound(
    all.begin(), all.end(), path,
    [](const console_file& x, std::string_view y) { return x.path < y; });
  return found == all.end() || found->path != path ? nullptr : &*found;
}

/// "https://tiles.example/{z}/{x}/{y}.png" -> "https://tiles.example".
std::string origin_of(std::string_view url) {
  auto scheme = url.find("://");
  return scheme == url.npos
           ? std::string{}
           : std::string{url.substr(0, url.find('/', scheme + 3))};
}

http_response led_to(std::string_view where) {
  http_response answer;
  answer.status = 302;
  answer.content_type = "text/plain";
  answer.headers.emplace_back("Location", std::string{where});
  return answer;
}

http_response serve(const http_request& request, const std::string& policy) {
  auto* file =
    find(request.path == prefix ? "/console/index.html" : request.path);
  if (file == nullptr)
    return problem(404, "http.not_found",
                   "The console has no such file; it begins at /console/.");
  http_response answer;
  answer.content_type = file->content_type;
  answer.headers = {
    {"ETag", std::string{file->tag}},
    {"Vary", "Accept-Encoding"},
    {"Cache-Control",
     file->lasting ? "public, max-age=31536000, immutable" : "no-cache"},
    {"Content-Security-Policy", policy},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
  };
  if (request.header("If-None-Match").find(file->tag) != std::string::npos) {
    answer.status = 304;
    return answer;
  }
  if (request.header("Accept-Encoding").find("gzip") != std::string::npos) {
    answer.headers.emplace_back("Content-Encoding", "gzip");
    answer.body = file->gzip;
  } else {
    answer.body = unpacked(file->gzip);
  }
  return answer;
}

} // namespace

std::string console_policy(const gateway_config& config) {
  auto tiles = origin_of(config.console_tiles);
  if (!tiles.empty())
    tiles.insert(0, " ");
  return "default-src 'none'; script-src 'self'; style-src 'self'; "
         "font-src 'self'; worker-src 'self'; img-src 'self' data: blob:"
         + tiles + "; connect-src 'self'" + tiles
         + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

std::string console_facts(const gateway_config& config) {
  std::string out = "\"tiles\":";
  json::append(out, config.console_tiles);
  out += ",\"tiles_credit\":";
  json::append(out, config.console_tiles_credit);
  return out;
}

void add_console_routes(http_routes& routes, const gateway_config& config) {
  auto page = [policy = console_policy(config)](const http_request& request,
                                                const http_reply& reply) {
    reply(serve(request, policy));
  };
  auto lead = [](const http_request&, const http_reply& reply) {
    reply(led_to(prefix));
  };
  for (auto* method : {"GET", "HEAD"}) {
    routes.add(method, std::string{prefix}, page);
    routes.add(method, "/console", lead);
    routes.add(method, "/", lead);
  }
}

} // namespace hansom
