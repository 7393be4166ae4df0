#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hansom::fleet {

/// Makes a development token: a JSON web token, HS256, with the claims `sub`
/// (decimal account id), `role` ("driver" or "rider"), `iat` and `exp`.
/// @param now_s,ttl_s seconds; `exp` is their sum.
std::string make_token(std::string_view secret, std::string_view role,
                       std::uint64_t id, std::int64_t now_s,
                       std::int64_t ttl_s);

/// Reads the development key: the file's text without a final line break.
/// @throws std::runtime_error when it is missing or shorter than 32 bytes.
std::string read_key_file(const std::string& path);

} // namespace hansom::fleet
