#include "cluster/program/exit_codes.hpp"
#include "cluster/program/ops_verbs.hpp"
#include "cluster/program/tar_file.hpp"
#include "cluster/program/voice.hpp"

#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace hansom::verbs {

namespace {

using document = nlohmann::json;

struct part {
  const char* file;
  const char* path;
  const char* field; ///< Its text, else the whole answer.
};

constexpr part parts[] = {
  {"status.json", "/v1/admin/status", nullptr},
  {"config.toml", "/v1/admin/config", "config"},
  {"log.txt", "/v1/admin/logs?last=2000", "lines"},
  {"events.json", "/v1/admin/events?last=1000", nullptr},
  {"actors.json", "/v1/admin/actors?limit=1000", nullptr},
  {"cells.json", "/v1/admin/cells", nullptr},
  {"nodes.json", "/v1/admin/nodes", nullptr},
  {"shards.json", "/v1/admin/shards", nullptr},
  {"metrics.txt", "/metrics", ""},
};

std::string text_of(const document& answer, const char* field) {
  if (!field)
    return answer.dump(2) + '\n';
  if (!*field)
    return answer.get<std::string>();
  auto& x = answer.at(field);
  if (x.is_string())
    return x.get<std::string>();
  std::string out;
  for (auto& line : x)
    out += line.get<std::string>() + '\n';
  return out;
}

std::string stamp(std::time_t at) {
  std::tm utc{};
  gmtime_r(&at, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &utc);
  return text;
}

/// Who reads the bundle must be able to; nobody else may.
bool write_private(const std::string& path, const std::string& content) {
  auto mask = ::umask(0077);
  std::ofstream out{path, std::ios::binary | std::ios::trunc};
  ::umask(mask);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  return static_cast<bool>(out);
}

} // namespace

int bundle(const ops_options& with) {
  voice node{with.target, 10'000};
  auto now = std::time(nullptr);
  auto name = "hansom-bundle-" + stamp(now);
  std::filesystem::path place = with.place.empty() ? "." : with.place;
  if (std::filesystem::is_directory(place))
    place /= name + ".tar.gz";
  if (std::filesystem::exists(place)) {
    std::cerr << "hansom: " << place.string()
              << " exists; a bundle replaces nothing\n";
    return exit_refused;
  }
  std::vector<tar_entry> files;
  auto missing = document::array();
  for (auto& x : parts) {
    document answer;
    auto code = node.get(x.path, answer);
    if (code == exit_no_answer)
      return node.complain(code);
    if (code != exit_done) {
      // A single node has no members, a viewer may not see all: part of it.
      missing.push_back(x.file);
      files.push_back({name + '/' + x.file + ".missing", node.reason() + '\n'});
      continue;
    }
    std::cerr << "  " << x.file << '\n';
    files.push_back({name + '/' + x.file, text_of(answer, x.field)});
  }
  if (!write_private(place.string(), make_tar_gz(files, now))) {
    std::cerr << "hansom: cannot write " << place.string() << ": "
              << std::strerror(errno) << '\n';
    return exit_failed;
  }
  if (with.target.json)
    std::cout << document{{"file", place.string()}, {"missing", missing}}.dump()
              << '\n';
  else
    std::cout << place.string() << '\n';
  return exit_done;
}

} // namespace hansom::verbs
