#include "gateway/gateway_config.hpp"

#include <algorithm>

namespace hansom {

namespace {

std::string check_production(const gateway_config& x) {
  if (!x.production)
    return {};
  for (auto& key : x.keys)
    if (key.algorithm == jwt_algorithm::hs256)
      return "gateway.keys: HS256 is for development; in production give the "
             "issuer's public key (ES256 or RS256)";
  if (std::count(x.origins.begin(), x.origins.end(), "*") > 0)
    return "gateway.origins: \"*\" is for development; in production list the "
           "origins of your web pages";
  return {};
}

/// Part of it goes into a header.
std::string check_tiles(const std::string& url) {
  auto has = [&](const char* part) { return url.find(part) != url.npos; };
  auto is_plain = std::all_of(url.begin(), url.end(), [](char c) {
    return c > 0x20 && c < 0x7f && c != ';' && c != ',' && c != '"'
           && c != '\'';
  });
  if (url.empty()
      || ((url.starts_with("https://") || url.starts_with("http://"))
          && is_plain && has("{z}") && has("{x}") && has("{y}")))
    return {};
  return "gateway.console_tiles: expected a URL such as "
         "https://tiles.example/{z}/{x}/{y}.png, found \""
         + url + '"';
}

} // namespace

std::string check(const gateway_config& x) {
  if (x.threads == 0 || x.threads > 64)
    return "gateway.threads: must be 1 to 64";
  if (x.certificate_file.empty() != x.private_key_file.empty())
    return "gateway: certificate_file and private_key_file belong together; "
           "give both or none";
  if (x.keys.empty())
    return "gateway.keys: without a key no client can identify itself; give "
           "at least one";
  for (auto& key : x.keys) {
    if (key.key.empty())
      return "gateway.keys: a key is empty";
    if (key.algorithm == jwt_algorithm::hs256 && key.key.size() < 32)
      return "gateway.keys: an HS256 secret needs at least 32 bytes";
  }
  if (x.connections_max == 0)
    return "gateway.connections_max: must be at least 1";
  if (x.frame_max < 256 || x.frame_max > inbound_frame_max)
    return "gateway.frame_max: must be 256 to 4096 bytes";
  if (x.outbound_bytes_max < x.ring_bytes_max)
    return "gateway.outbound_bytes_max: must hold a whole replay, at least "
           "ring_bytes_max";
  if (x.outbound_frames_max < x.ring_events_max + 2)
    return "gateway.outbound_frames_max: must hold a whole replay, at least "
           "ring_events_max + 2";
  if (x.admission.target.count() < 1)
    return "gateway.admission_target: must be at least 1ms";
  if (x.admission.unanswered_max == 0)
    return "gateway.new_work_max: must be at least 1";
  if (x.sweep.count() < 10 || x.sweep > x.hello_timeout)
    return "gateway.sweep: must be 10ms to hello_timeout";
  if (x.position_flush.count() < 1)
    return "gateway.position_flush: must be at least 1ms";
  if (x.heartbeat < 2 * x.sweep)
    return "gateway.heartbeat: must be at least two sweeps";
  if (auto wrong = check_tiles(x.console_tiles); !wrong.empty())
    return wrong;
  return check_production(x);
}

} // namespace hansom
