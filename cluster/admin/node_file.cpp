#include "cluster/admin/node_file.hpp"

#include "cluster/node/wall_clock.hpp"
#include "gateway/access/token.hpp"

#include <nlohmann/json.hpp>
#include <sodium.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace hansom {

namespace {

namespace fs = std::filesystem;

constexpr const char* node_file_name = "node.json";
constexpr const char* dev_key_name = "dev.key";
constexpr std::size_t dev_key_bytes = 32;

[[noreturn]] void cannot_write(const std::string& path) {
  throw std::runtime_error("cannot write " + path + ": "
                           + std::strerror(errno));
}

/// Writes beside and renames: readers see the old file or the new one.
void write_private(const std::string& path, const std::string& content) {
  auto beside = path + ".new";
  auto mask = ::umask(0077);
  {
    std::ofstream out{beside, std::ios::trunc};
    out << content;
    out.flush();
    ::umask(mask);
    if (!out)
      cannot_write(beside);
  }
  fs::rename(beside, path);
}

} // namespace

std::string first_word(const std::string& path) {
  std::ifstream in{path};
  std::string word;
  in >> word;
  return word;
}

void write_node_file(const std::string& data, const node_file& x) {
  nlohmann::json content{{"url", x.url}, {"pid", x.pid}};
  write_private((fs::path{data} / node_file_name).string(),
                content.dump() + "\n");
}

void remove_node_file(const std::string& data) {
  std::error_code ignored;
  fs::remove(fs::path{data} / node_file_name, ignored);
}

std::optional<node_file> read_node_file(const std::string& data) {
  std::ifstream in{fs::path{data} / node_file_name};
  auto content = nlohmann::json::parse(in, nullptr, false);
  if (!content.is_object())
    return std::nullopt;
  node_file result{content.value("url", ""), content.value("pid", 0L)};
  auto lives =
    result.pid > 0
    && (::kill(static_cast<pid_t>(result.pid), 0) == 0 || errno == EPERM);
  if (result.url.empty() || !lives)
    return std::nullopt;
  return result;
}

std::string dev_key_path(const std::string& data) {
  return (fs::path{data} / dev_key_name).string();
}

std::string ensure_dev_key(const std::string& data) {
  auto path = dev_key_path(data);
  if (auto key = first_word(path); !key.empty())
    return key;
  fs::create_directories(data);
  if (sodium_init() < 0)
    throw std::runtime_error("no source of randomness for " + path);
  unsigned char bytes[dev_key_bytes];
  randombytes_buf(bytes, sizeof bytes);
  char text[2 * dev_key_bytes + 1];
  sodium_bin2hex(text, sizeof text, bytes, sizeof bytes);
  write_private(path, std::string{text} + "\n");
  return text;
}

std::string mint_operator_token(const std::string& data) {
  auto key = first_word(dev_key_path(data));
  if (key.empty())
    return {};
  return issue_token(key, client_role::operations, "command-line",
                     wall_clock_now() + std::chrono::minutes{5});
}

} // namespace hansom
