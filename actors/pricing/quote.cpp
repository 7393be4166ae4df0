#include "actors/pricing/quote.hpp"

#include <sodium.h>

#include <stdexcept>
#include <type_traits>

namespace hansom {

namespace {

constexpr unsigned char layout_version = 1;
constexpr std::size_t payload_size = 67;
constexpr std::size_t mac_size = crypto_auth_hmacsha256_BYTES;
constexpr std::size_t payload_chars = (payload_size * 8 + 5) / 6;
constexpr std::size_t mac_chars = (mac_size * 8 + 5) / 6;
constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

static_assert(payload_chars + 1 + mac_chars == quote_token_size);

using payload = std::array<unsigned char, payload_size>;
using mac = std::array<unsigned char, mac_size>;

/// Writes or reads little-endian integers one after the other.
template <class Bytes>
struct cursor {
  Bytes& bytes;
  std::size_t at = 0;

  template <class T>
  void put(T x) {
    auto u = static_cast<std::make_unsigned_t<T>>(x);
    for (std::size_t i = 0; i < sizeof(T); ++i)
      bytes[at++] = static_cast<unsigned char>(std::uint64_t{u} >> (8 * i));
  }
  template <class T>
  void get(T& x) {
    std::uint64_t u = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      u |= std::uint64_t{bytes[at++]} << (8 * i);
    x = static_cast<T>(u);
  }
};

payload pack(const quote_terms& x, std::uint8_t key) {
  payload bytes{};
  cursor<payload> c{bytes};
  c.put(layout_version);
  c.put(key);
  c.put(x.quote.value);
  c.put(x.rider.value);
  c.put(x.pickup.lat_e7);
  c.put(x.pickup.lon_e7);
  c.put(x.dropoff.lat_e7);
  c.put(x.dropoff.lon_e7);
  c.put(static_cast<std::uint8_t>(x.service));
  c.put(x.fare.minor);
  c.put(x.fare.unit.packed);
  c.put(x.surge_milli);
  c.put(x.distance_m);
  c.put(x.duration_s);
  c.put(x.expires_at.ms);
  return bytes;
}

quote_terms unpack(const payload& bytes) {
  quote_terms x;
  cursor<const payload> c{bytes, 2};
  std::uint8_t service = 0;
  c.get(x.quote.value);
  c.get(x.rider.value);
  c.get(x.pickup.lat_e7);
  c.get(x.pickup.lon_e7);
  c.get(x.dropoff.lat_e7);
  c.get(x.dropoff.lon_e7);
  c.get(service);
  c.get(x.fare.minor);
  c.get(x.fare.unit.packed);
  c.get(x.surge_milli);
  c.get(x.distance_m);
  c.get(x.duration_s);
  c.get(x.expires_at.ms);
  x.service = static_cast<service_class>(service);
  return x;
}

template <std::size_t Size>
void append_base64(std::string& out,
                   const std::array<unsigned char, Size>& bytes) {
  std::array<char, sodium_base64_ENCODED_LEN(Size, variant)> text;
  sodium_bin2base64(text.data(), text.size(), bytes.data(), Size, variant);
  out += text.data();
}

/// Strict: the text must be what we would write. libsodium alone lets bytes
/// above 127 pass for letters.
template <std::size_t Size>
bool from_base64(std::string_view text, std::array<unsigned char, Size>& out) {
  std::size_t size = 0;
  if (sodium_base642bin(out.data(), Size, text.data(), text.size(), nullptr,
                        &size, nullptr, variant)
        != 0
      || size != Size)
    return false;
  std::string again;
  append_base64(again, out);
  return again == text;
}

} // namespace

quote_key make_quote_key(std::uint8_t id, std::string_view secret) {
  if (secret.size() < 16)
    throw std::invalid_argument(
      "quote key: the secret must have at least 16 bytes, it has "
      + std::to_string(secret.size()));
  quote_key key;
  key.id = id;
  auto labelled = "hansom quote key\n" + std::string{secret};
  crypto_hash_sha256(key.bytes.data(),
                     reinterpret_cast<const unsigned char*>(labelled.data()),
                     labelled.size());
  return key;
}

quote_signer::quote_signer(const quote_key& current,
                           const std::optional<quote_key>& previous)
  : current_{current}, previous_{previous} {
  if (previous && previous->id == current.id)
    throw std::invalid_argument(
      "quote keys: current and previous must have different ids");
  if (sodium_init() < 0)
    throw std::runtime_error("quote keys: libsodium does not start");
}

std::string quote_signer::sign(const quote_terms& x) const {
  auto bytes = pack(x, current_.id);
  mac tag;
  crypto_auth_hmacsha256(tag.data(), bytes.data(), bytes.size(),
                         current_.bytes.data());
  std::string token;
  token.reserve(quote_token_size);
  append_base64(token, bytes);
  token += '.';
  append_base64(token, tag);
  return token;
}

error_code quote_signer::verify(std::string_view token, rider_id rider,
                                timestamp now, quote_terms& out) const {
  payload bytes;
  mac tag;
  if (token.size() != quote_token_size || token[payload_chars] != '.'
      || !from_base64(token.substr(0, payload_chars), bytes)
      || !from_base64(token.substr(payload_chars + 1), tag))
    return error_code::quote_invalid;
  const quote_key* key = nullptr;
  if (bytes[1] == current_.id)
    key = &current_;
  else if (previous_ && bytes[1] == previous_->id)
    key = &*previous_;
  if (key == nullptr || bytes[0] != layout_version
      || crypto_auth_hmacsha256_verify(tag.data(), bytes.data(), bytes.size(),
                                       key->bytes.data())
           != 0)
    return error_code::quote_invalid;
  auto terms = unpack(bytes);
  if (terms.rider != rider)
    return error_code::quote_invalid;
  if (now >= terms.expires_at)
    return error_code::quote_expired;
  out = terms;
  return error_code::none;
}

} // namespace hansom
