#include "bench/fleet/token.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace hansom::fleet {

namespace {

std::string base64_url(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  auto size =
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                    reinterpret_cast<const unsigned char*>(bytes.data()),
                    static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  while (!out.empty() && out.back() == '=')
    out.pop_back();
  for (char& c : out)
    c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

} // namespace

std::string make_token(std::string_view secret, std::string_view role,
                       std::uint64_t id, std::int64_t now_s,
                       std::int64_t ttl_s) {
  std::string claims = R"({"sub":")" + std::to_string(id) + R"(","role":")"
                       + std::string{role} + R"(","iat":)"
                       + std::to_string(now_s) + R"(,"exp":)"
                       + std::to_string(now_s + ttl_s) + '}';
  std::string out =
    base64_url(R"({"alg":"HS256","typ":"JWT"})") + '.' + base64_url(claims);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(out.data()), out.size(), mac,
       &size);
  return out + '.' + base64_url({reinterpret_cast<const char*>(mac), size});
}

std::string read_key_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file)
    throw std::runtime_error{path
                             + ": the development key cannot be read; "
                               "the server's folder has it"};
  std::string out{std::istreambuf_iterator<char>{file}, {}};
  while (!out.empty() && (out.back() == '\n' || out.back() == '\r'))
    out.pop_back();
  if (out.size() < 32)
    throw std::runtime_error{path
                             + ": a development key has at least 32 "
                               "bytes, this one has "
                             + std::to_string(out.size())};
  return out;
}

} // namespace hansom::fleet
