#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// The client's half of RFC 6455, as pure functions over bytes.
namespace hansom::fleet {

/// Where a server listens.
struct endpoint {
  std::string host;
  std::uint16_t port = 80;
  std::string path = "/v1/ws";
};

/// Reads "ws://127.0.0.1:7400/v1/ws"; without a path, /v1/ws.
/// @throws std::runtime_error with what would be right.
endpoint parse_url(std::string_view url);

/// @returns the HTTP request that opens a websocket.
/// @param key 16 random bytes in base64.
/// @param resuming adds the parameter `resume` to the path.
std::string upgrade_request(const endpoint& to, std::string_view key,
                            bool resuming = false);

/// @returns what the server must answer to `key`.
std::string accept_key(std::string_view key);

/// @returns 16 bytes made of `a` and `b`, in base64.
std::string make_key(std::uint64_t a, std::uint64_t b);

/// Judges the server's answer to the upgrade.
/// @param head up to and including the empty line.
/// @returns an empty text when the socket is open now, else why not.
std::string check_upgrade(std::string_view head, std::string_view key);

enum class opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
};

/// Appends one masked frame.
void append_frame(std::string& out, opcode code, std::string_view payload,
                  std::uint32_t mask);

/// One frame as it lies in a buffer.
struct frame_view {
  opcode code = opcode::text;
  bool final = true;
  std::string_view payload;
};

/// No frame of a server is larger.
inline constexpr std::size_t server_frame_max = 1 << 20;

/// Takes one whole frame from the front of `bytes`.
/// @returns its length; 0 when there is not a whole one yet; -1 when it breaks
///          the protocol (masked, reserved bits, too large).
std::int64_t take_frame(std::string_view bytes, frame_view& out) noexcept;

} // namespace hansom::fleet
