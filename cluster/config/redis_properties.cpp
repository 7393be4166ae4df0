#include "cluster/config/property_kinds.hpp"
#include "cluster/config/property_lists.hpp"
#include "persistence/redis/endpoint.hpp"

namespace hansom::config {

using namespace std::chrono_literals;

void redis_properties(std::vector<property>& out) {
  out.insert(
    out.end(),
    {choice(
       "redis.url", AT(redis.url),
       "empty, redis://[[user]:password@]host[:port][/database], the same with "
       "rediss:// for TLS, or unix:///path/of/socket",
       [](const std::string& x) { return redis::masked_url(x); },
       [](const std::string& x, std::string& url) {
         redis::endpoint ignored;
         std::string why;
         auto fine = x.empty() || redis::parse_url(x, ignored, why);
         if (fine)
           url = x;
         return fine;
       },
       "Shares last positions, resumable sessions and events; empty is "
       "without. A password is never shown."),
     text("redis.password_file", AT(redis.password_file), "a file",
          "Its first line is the password, in place of the url's."),
     text("redis.tls_ca_file", AT(redis.tls_ca_file), "a file",
          "Certificates that vouch for a rediss:// server; empty: the "
          "system's."),
     text("redis.tls_certificate_file", AT(redis.tls_certificate_file),
          "a file", "Ours, for a server that wants one; PEM."),
     text("redis.tls_key_file", AT(redis.tls_key_file), "a file",
          "The certificate's key; PEM."),
     text("redis.prefix", AT(redis.prefix), "a text",
          "Of all keys; one for each store that shares a Redis."),
     text("redis.city", AT(redis.city), "a text",
          "Part of the keys of positions: <prefix>:<city>:drivers."),
     integer("redis.queue_max", AT(redis.queue_max), 64, 10'000'000,
             "Commands that may wait for Redis; more are dropped and counted."),
     duration("redis.answer_timeout", AT(redis.answer_timeout), 50ms, 1min,
              "A connection that is silent for so long is given up."),
     duration("redis.position_cycle", AT(redis.position_cycle), 20ms, 1min,
              "Last positions are written so often."),
     duration("redis.position_max_age", AT(redis.position_max_age), 5s, 24h,
              "Older positions are taken out, and not believed at a start."),
     flag("redis.resume", AT(redis.resume),
          "Sessions can be resumed on any node, and after a crash."),
     integer("redis.hellos_per_minute", AT(redis.hellos_per_minute), 0,
             1'000'000, "Of one client on all nodes together; 0 is no limit."),
     flag("redis.events", AT(redis.events),
          "Publishes the journal as streams <prefix>:events:<shard>."),
     integer("redis.stream_length", AT(redis.stream_length), 1000,
             1'000'000'000, "Events kept per stream, about."),
     duration("redis.replay", AT(redis.replay), 1min, 24h * 30,
              "Events of so long are published again when a stream was "
              "lost.")});
}

} // namespace hansom::config
