#include "cluster/node/keys.hpp"

#include "cluster/admin/node_file.hpp"

#include <sodium.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace hansom {

namespace {

/// @returns the file without white space at its end, as editors leave it.
std::string content_of(const std::string& key, const std::string& path) {
  std::ifstream in{path};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  while (!text.empty()
         && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.pop_back();
  if (text.empty())
    throw std::runtime_error(key + ": cannot read a key from " + path);
  return text;
}

[[noreturn]] void needs_key(const char* what) {
  throw std::runtime_error(
    std::string{"node.production is set, but there is no "} + what);
}

/// One number for one secret, the same on every node: tokens say which key
/// signed them.
std::uint8_t key_number(const std::string& secret) {
  unsigned char digest[crypto_generichash_BYTES];
  auto text = "quote key number " + secret;
  crypto_generichash(digest, sizeof digest,
                     reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), nullptr, 0);
  return digest[0];
}

} // namespace

std::vector<jwt_key> token_keys(const settings& with) {
  auto& a = with.auth;
  std::vector<jwt_key> keys;
  auto add = [&](const char* key, const std::string& path, jwt_algorithm kind) {
    if (!path.empty())
      keys.push_back({kind, content_of(key, path)});
  };
  add("auth.es256_key_file", a.es256_key_file, jwt_algorithm::es256);
  add("auth.rs256_key_file", a.rs256_key_file, jwt_algorithm::rs256);
  add("auth.hs256_key_file", a.hs256_key_file, jwt_algorithm::hs256);
  if (with.node.production) {
    if (keys.empty())
      needs_key("public key for tokens: set auth.es256_key_file");
  } else if (a.hs256_key_file.empty()) {
    keys.push_back({jwt_algorithm::hs256, ensure_dev_key(with.node.data)});
  }
  return keys;
}

std::shared_ptr<const quote_signer> quote_keys_of(const settings& with) {
  auto& a = with.auth;
  if (a.quote_key_file.empty() && with.node.production)
    needs_key("secret for quotes: set auth.quote_key_file");
  auto secret = a.quote_key_file.empty()
                  ? ensure_dev_key(with.node.data)
                  : content_of("auth.quote_key_file", a.quote_key_file);
  std::optional<quote_key> previous;
  if (!a.quote_key_previous_file.empty()) {
    auto former =
      content_of("auth.quote_key_previous_file", a.quote_key_previous_file);
    previous = make_quote_key(key_number(former), former);
  }
  return std::make_shared<const quote_signer>(
    make_quote_key(key_number(secret), secret), previous);
}

} // namespace hansom
