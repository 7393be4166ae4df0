#include "tests/unit/layers/house_rules.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace fs = std::filesystem;

namespace hansom::tests {

namespace {

using names = std::set<std::string, std::less<>>;

/// Who may include whom. A room may always include itself.
const std::map<std::string, names, std::less<>> allowed = {
  {"protocol", {}},
  {"persistence", {"protocol"}},
  {"actors", {"protocol", "persistence"}},
  {"gateway", {"protocol", "persistence", "actors"}},
  {"bench/fleet", {"protocol"}},
  {"bench/simulate", {"protocol", "persistence", "actors", "bench/fleet"}},
  {"bench/micro",
   {"protocol", "persistence", "actors", "gateway", "bench/fleet"}},
  {"bench/suite", {"protocol", "persistence", "bench/fleet", "bench/micro"}},
  {"bench/mesh",
   {"protocol", "persistence", "actors", "cluster", "bench/micro"}},
  {"cluster",
   {"protocol", "persistence", "actors", "gateway", "bench/fleet",
    "bench/simulate", "bench/micro"}},
  {"tests",
   {"protocol", "persistence", "actors", "gateway", "cluster", "bench/fleet",
    "bench/simulate", "bench/micro"}},
};

/// A family of headers that has a home.
struct library_rule {
  std::string_view name;
  std::regex header;
  names homes;       ///< Rooms that may include it.
  bool sources_only; ///< Heavy: never in a header.
  names exempt;      ///< Files that may, all the same.
};

const std::vector<library_rule>& library_rules() {
  static const names everywhere = {
    "protocol",    "persistence",    "actors",      "gateway",     "cluster",
    "bench/fleet", "bench/simulate", "bench/micro", "bench/suite", "tests"};
  static const std::vector<library_rule> rules = {
    {"Beast and Asio",
     std::regex{"boost/(asio|beast)([./].*)?"},
     {"gateway", "bench/fleet", "bench/micro", "cluster", "tests"},
     false,
     {}},
    {"libpqxx", std::regex{"pqxx(/.*)?"}, {"persistence"}, false, {}},
    {"hiredis", std::regex{"hiredis(/.*)?"}, {"persistence"}, false, {}},
    {"SQLite", std::regex{"sqlite3\\.h"}, {"persistence", "tests"}, false, {}},
    {"S2", std::regex{"s2/.*"}, everywhere, true, {}},
    {"LEMON", std::regex{"lemon/.*"}, everywhere, true, {}},
    {"nlohmann/json",
     std::regex{"nlohmann/(?!json_fwd\\.hpp).*"},
     everywhere,
     true,
     {"protocol/json/reader.hpp"}},
  };
  return rules;
}

/// "bench/fleet/city.hpp" -> "bench/fleet"; "actors/cell/x.hpp" -> "actors";
/// empty for what is not ours.
std::string room_of(std::string_view path) {
  for (const auto& [room, may] : allowed)
    if (path.starts_with(room) && path.size() > room.size()
        && path[room.size()] == '/')
      return room;
  return {};
}

bool is_header(std::string_view path) {
  return path.ends_with(".hpp");
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream in{std::string{text}};
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

std::size_t line_at(std::string_view text, std::size_t offset) {
  const auto head = text.substr(0, offset);
  return 1 + static_cast<std::size_t>(std::ranges::count(head, '\n'));
}

/// Blanks comments and literals out, so that prose is not mistaken for code.
/// Keeps every newline, and with it the line numbers.
std::string without_comments(std::string_view text) {
  static const std::regex prose{
    R"rx(//[^\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|"(?:\\.|[^"\\\n])*")rx"};
  std::string out;
  auto from = text.begin();
  std::cregex_iterator end;
  for (std::cregex_iterator i{text.data(), text.data() + text.size(), prose};
       i != end; ++i) {
    const auto start = text.begin() + i->position();
    out.append(from, start);
    for (char c : i->str())
      out += c == '\n' ? '\n' : ' ';
    from = start + i->length();
  }
  out.append(from, text.end());
  return out;
}

/// The head of `text` up to the brace that closes its first one.
std::string_view braced(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
    if (text[i] == '}' && depth == 0)
      return text.substr(0, i + 1);
  }
  return text;
}

std::string judge_own_include(const std::string& room,
                              const std::string& header) {
  const auto target = room_of(header);
  if (target.empty() || target == room || allowed.at(room).contains(target))
    return {};
  return room + " must not include " + target + " (" + header + ")";
}

std::string judge_library_include(std::string_view path,
                                  const std::string& room,
                                  const std::string& header) {
  for (const auto& rule : library_rules()) {
    if (!std::regex_match(header, rule.header) || rule.exempt.contains(path))
      continue;
    if (!rule.homes.contains(room))
      return room + " must not use " + std::string{rule.name} + " (" + header
             + ")";
    if (rule.sources_only && is_header(path))
      return std::string{rule.name} + " belongs in .cpp files, not in headers ("
             + header + ")";
  }
  return {};
}

void judge_leftovers(std::string_view path, std::size_t number,
                     const std::string& line, std::vector<finding>& out) {
  // Spelled in halves, or this file would accuse itself.
  for (std::string_view word : {"TO"
                                "DO",
                                "FIX"
                                "ME"}) {
    if (line.find(word) != std::string::npos)
      out.push_back({std::string{path}, number,
                     std::string{word} + " left behind; do it or drop it"});
  }
}

std::string read(const fs::path& file) {
  std::ifstream in{file};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// A link to a file that is not there misleads whoever reads on.
void judge_links(const fs::path& top, const fs::path& page,
                 std::vector<finding>& out) {
  static const std::regex link{R"rx(\]\(([^):#\s]+)[^)]*\))rx"};
  const auto text = read(top / page);
  std::sregex_iterator end;
  for (std::sregex_iterator i{text.begin(), text.end(), link}; i != end; ++i)
    if (!fs::exists(top / page.parent_path() / (*i)[1].str()))
      out.push_back({page.string(),
                     line_at(text, static_cast<std::size_t>(i->position())),
                     "leads nowhere: " + (*i)[1].str()});
}

void judge_rooms(const fs::path& top, std::vector<finding>& out) {
  std::set<std::string> rooms = {"deploy"};
  for (const auto& [room, may] : allowed)
    if (fs::is_directory(top / room))
      rooms.insert(room);
  for (const auto& room : rooms) {
    if (!fs::is_regular_file(top / room / "README.md"))
      out.push_back(
        {room + "/README.md", 1, "missing; every room says what lives in it"});
    else
      judge_links(top, fs::path{room} / "README.md", out);
  }
  if (fs::is_regular_file(top / "README.md"))
    judge_links(top, "README.md", out);
}

} // namespace

std::string to_string(const finding& x) {
  return x.file + ":" + std::to_string(x.line) + ": " + x.message;
}

std::vector<finding> judge_source(std::string_view path,
                                  std::string_view text) {
  static const std::regex include{
    R"rx(^\s*#\s*include\s*[<"]([^>"]+)[>"].*)rx"};
  std::vector<finding> out;
  const auto room = room_of(path);
  const auto lines = split_lines(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    judge_leftovers(path, i + 1, lines[i], out);
    std::smatch match;
    if (room.empty() || !std::regex_match(lines[i], match, include))
      continue;
    for (const auto& message : {judge_own_include(room, match[1]),
                                judge_library_include(path, room, match[1])})
      if (!message.empty())
        out.push_back({std::string{path}, i + 1, message});
  }
  if (is_header(path) && text.find("#pragma once") == std::string_view::npos)
    out.push_back({std::string{path}, 1, "a header without #pragma once"});
  return out;
}

std::vector<finding> judge_records(std::string_view path,
                                   std::string_view text) {
  static const std::regex record{R"rx(\n\s*HANSOM_RECORD\(\s*(\w+))rx"};
  static const std::regex real{R"rx(\b(float|double)\b)rx"};
  const auto code = without_comments(text);
  std::vector<finding> out;
  std::sregex_iterator end;
  for (std::sregex_iterator i{code.begin(), code.end(), record}; i != end;
       ++i) {
    const auto name = (*i)[1].str();
    std::smatch head;
    const std::regex definition{R"rx(\bstruct\s+)rx" + name
                                + R"rx(\b[^;{]*\{)rx"};
    if (!std::regex_search(code, head, definition))
      continue;
    const auto start = static_cast<std::size_t>(head.position());
    const auto body = braced(std::string_view{code}.substr(start));
    std::cmatch hit;
    if (std::regex_search(body.data(), body.data() + body.size(), hit, real))
      out.push_back(
        {std::string{path},
         line_at(code, start + static_cast<std::size_t>(hit.position())),
         hit.str() + " in the record " + name
           + "; CAF 0.17 hangs on an infinite one, use integers"});
  }
  return out;
}

std::vector<fs::path> list_sources(const fs::path& top) {
  static const std::array<std::string_view, 8> folders = {
    "protocol", "persistence", "actors", "gateway",
    "cluster",  "bench",       "tests",  "deploy"};
  static const names kinds = {".hpp", ".cpp",  ".cxx", ".js",
                              ".css", ".html", ".sql", ".sh"};
  std::vector<fs::path> out;
  for (auto folder : folders) {
    if (!fs::is_directory(top / folder))
      continue;
    fs::recursive_directory_iterator i{top / folder};
    for (; i != fs::recursive_directory_iterator{}; ++i) {
      if (i->path().filename() == "node_modules")
        i.disable_recursion_pending();
      else if (i->is_regular_file()
               && kinds.contains(i->path().extension().string()))
        out.push_back(fs::relative(i->path(), top));
    }
  }
  std::ranges::sort(out);
  return out;
}

std::vector<finding> judge_house(const fs::path& top) {
  std::vector<finding> out;
  const auto take = [&out](std::vector<finding> xs) {
    std::ranges::move(xs, std::back_inserter(out));
  };
  for (const auto& file : list_sources(top)) {
    const auto text = read(top / file);
    take(judge_source(file.string(), text));
    take(judge_records(file.string(), text));
  }
  judge_rooms(top, out);
  return out;
}

} // namespace hansom::tests
