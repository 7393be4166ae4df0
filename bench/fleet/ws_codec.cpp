#include "bench/fleet/ws_codec.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace hansom::fleet {

namespace {

std::string base64(const unsigned char* bytes, std::size_t size) {
  std::string out(4 * ((size + 2) / 3) + 1, '\0');
  auto n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes,
                           static_cast<int>(size));
  out.resize(static_cast<std::size_t>(n));
  return out;
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

/// @returns the value of an HTTP header field, trimmed; empty when absent.
std::string_view header(std::string_view head, std::string_view name) {
  for (auto at = head.find("\r\n"); at != head.npos;
       at = head.find("\r\n", at + 2)) {
    auto line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
    if (line.size() <= name.size() || line[name.size()] != ':'
        || lower(line.substr(0, name.size())) != name)
      continue;
    line.remove_prefix(name.size() + 1);
    while (!line.empty() && line.front() == ' ')
      line.remove_prefix(1);
    while (!line.empty() && line.back() == ' ')
      line.remove_suffix(1);
    return line;
  }
  return {};
}

} // namespace

endpoint parse_url(std::string_view url) {
  auto bad = [&](const char* why) {
    return std::runtime_error{"url '" + std::string{url} + "': " + why
                              + "; right would be ws://127.0.0.1:7400/v1/ws"};
  };
  if (!url.starts_with("ws://"))
    throw bad("must begin with ws:// (the fleet speaks no TLS)");
  auto rest = url.substr(5);
  endpoint out;
  if (auto slash = rest.find('/'); slash != rest.npos) {
    out.path = rest.substr(slash);
    rest = rest.substr(0, slash);
  }
  const auto colon = rest.rfind(':');
  if (colon != rest.npos && rest.find(']', colon) == rest.npos) {
    const auto digits = rest.substr(colon + 1);
    auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
    if (error != std::errc{} || end != digits.data() + digits.size()
        || out.port == 0)
      throw bad("the port must be a number from 1 to 65535");
    rest = rest.substr(0, colon);
  }
  if (rest.size() > 2 && rest.front() == '[' && rest.back() == ']')
    rest = rest.substr(1, rest.size() - 2);
  if (rest.empty())
    throw bad("a host is missing");
  out.host = rest;
  return out;
}

std::string upgrade_request(const endpoint& to, std::string_view key,
                            bool resuming) {
  const bool v6 = to.host.find(':') != to.host.npos;
  auto path = to.path;
  if (resuming)
    path += path.find('?') == path.npos ? "?resume" : "&resume";
  return "GET " + path + " HTTP/1.1\r\nHost: " + (v6 ? "[" : "") + to.host
         + (v6 ? "]" : "") + ':' + std::to_string(to.port)
         + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Protocol: hansom.v1.json\r\nSec-WebSocket-Key: "
         + std::string{key} + "\r\n\r\n";
}

std::string accept_key(std::string_view key) {
  const std::string text =
    std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       digest);
  return base64(digest, sizeof digest);
}

std::string make_key(std::uint64_t a, std::uint64_t b) {
  unsigned char bytes[16];
  std::memcpy(bytes, &a, 8);
  std::memcpy(bytes + 8, &b, 8);
  return base64(bytes, sizeof bytes);
}

std::string check_upgrade(std::string_view head, std::string_view key) {
  const auto status = head.substr(0, head.find("\r\n"));
  if (!status.starts_with("HTTP/1.1 101"))
    return "the server answered '" + std::string{status} + "'";
  if (lower(header(head, "upgrade")) != "websocket"
      || header(head, "sec-websocket-accept") != accept_key(key))
    return "the server's upgrade answer is not a websocket's";
  if (header(head, "sec-websocket-protocol") != "hansom.v1.json")
    return "the server does not speak hansom.v1.json";
  return {};
}

void append_frame(std::string& out, opcode code, std::string_view payload,
                  std::uint32_t mask) {
  const auto size = payload.size();
  out += static_cast<char>(0x80 | static_cast<int>(code));
  if (size < 126) {
    out += static_cast<char>(0x80 | size);
  } else if (size < 65'536) {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(size >> 8);
    out += static_cast<char>(size & 255);
  } else {
    out += static_cast<char>(0x80 | 127);
    for (int shift = 56; shift >= 0; shift -= 8)
      out += static_cast<char>((size >> shift) & 255);
  }
  char key[4];
  std::memcpy(key, &mask, 4);
  out.append(key, 4);
  const auto start = out.size();
  out.append(payload);
  char* at = out.data() + start;
  const std::uint64_t wide = (std::uint64_t{mask} << 32) | mask;
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, at + i, 8);
    word ^= wide;
    std::memcpy(at + i, &word, 8);
  }
  for (; i < size; ++i)
    at[i] = static_cast<char>(at[i] ^ key[i & 3]);
}

std::int64_t take_frame(std::string_view bytes, frame_view& out) noexcept {
  if (bytes.size() < 2)
    return 0;
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(bytes[i]);
  };
  // Extensions were not offered, and servers do not mask.
  if ((byte(0) & 0x70) != 0 || (byte(1) & 0x80) != 0)
    return -1;
  std::uint64_t size = byte(1);
  std::size_t head = 2;
  if (size >= 126) {
    const std::size_t more = size == 126 ? 2 : 8;
    if (bytes.size() < 2 + more)
      return 0;
    size = 0;
    for (std::size_t i = 0; i < more; ++i)
      size = size << 8 | byte(2 + i);
    head += more;
  }
  if (size > server_frame_max)
    return -1;
  if (bytes.size() < head + size)
    return 0;
  out.code = static_cast<opcode>(byte(0) & 15);
  out.final = (byte(0) & 0x80) != 0;
  out.payload = bytes.substr(head, size);
  return static_cast<std::int64_t>(head + size);
}

} // namespace hansom::fleet
