#include "cluster/config/property_kinds.hpp"
#include "cluster/config/property_lists.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace hansom::config {

using namespace std::chrono_literals;

void node_properties(std::vector<property>& out) {
  out.insert(
    out.end(),
    {text("node.name", AT(node.name), "a text", "Shown in the console."),
     text("node.data", AT(node.data), "a folder",
          "Where the embedded store keeps its files."),
     integer("node.threads", AT(node.threads), 1, 256,
             "Threads that run actors."),
     flag("node.production", AT(node.production),
          "Refuses development conveniences: generated keys, hansom token."),
     choice(
       "log.level", AT(log.level), "trace, debug, info, warn, error or off",
       [](const std::string& x) { return x; },
       [](const std::string& x, std::string& level) {
         static constexpr std::array known{"trace", "debug", "info",
                                           "warn",  "error", "off"};
         auto ok = std::find(known.begin(), known.end(), x) != known.end();
         if (ok)
           level = x;
         return ok;
       },
       "How much is logged."),
     choice(
       "log.format", AT(log.json), "text or json",
       [](bool json) { return std::string{json ? "json" : "text"}; },
       [](const std::string& x, bool& json) {
         json = x == "json";
         return json || x == "text";
       },
       "Lines for people, or one JSON object a line for collectors."),
     integer("log.lines_per_second", AT(log.lines_per_second), 0, 100'000,
             "Of each kind of line; more are counted and left out. 0 is no "
             "limit.")});
}

void auth_properties(std::vector<property>& out) {
  out.insert(
    out.end(),
    {text("auth.hs256_key_file", AT(auth.hs256_key_file), "a file",
          "Shared secret of tokens; empty: the data folder's dev.key, refused "
          "in production."),
     text("auth.es256_key_file", AT(auth.es256_key_file), "a PEM file",
          "Public key of ES256 tokens."),
     text("auth.rs256_key_file", AT(auth.rs256_key_file), "a PEM file",
          "Public key of RS256 tokens."),
     duration("auth.token_life_max", AT(gateway.token_life_max), 1min,
              24h * 400,
              "From a token's iat to its exp; longer ones are refused, and "
              "revocations remembered for so long."),
     text("auth.quote_key_file", AT(auth.quote_key_file), "a file",
          "Secret that signs quotes; empty: the data folder's dev.key, refused "
          "in production."),
     text("auth.quote_key_previous_file", AT(auth.quote_key_previous_file),
          "a file", "Former quote secret, still accepted while keys rotate.")});
}

} // namespace hansom::config
