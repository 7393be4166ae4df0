#include "cluster/config/alike.hpp"
#include "cluster/config/duration_text.hpp"
#include "cluster/config/load.hpp"
#include "cluster/config/property.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <set>

using namespace hansom;
using namespace std::chrono_literals;

namespace {

/// A configuration file that lives as long as the test.
struct config_file {
  explicit config_file(const std::string& content) {
    path = "/tmp/hansom-config-test-" + std::to_string(::getpid()) + ".toml";
    std::ofstream{path} << content;
  }
  ~config_file() {
    std::remove(path.c_str());
  }
  std::string path;
};

std::vector<std::string> errors_of(const std::string& content) {
  config_file file{content};
  settings out;
  auto errors = load_settings({file.path, {}, {}}, out);
  for (auto& e : errors) // Tests compare what follows the file's name.
    if (e.starts_with(file.path))
      e = "file" + e.substr(file.path.size());
  return errors;
}

using lines = std::vector<std::string>;

} // namespace

TEST_CASE("durations have one number and one unit") {
  milliseconds d{0};
  CHECK(parse_duration("250ms", d));
  CHECK(d == 250ms);
  CHECK(parse_duration("3m", d));
  CHECK(d == 180s);
  for (auto* wrong : {"", "3", "s", "-3s", "3 s", "3sec", "1.5s",
                      "99999999999999999999s", "9223372036854775807d"})
    CHECK_FALSE(parse_duration(wrong, d));
  CHECK(d == 180s);
  CHECK(duration_text(90s) == "90s");
  CHECK(duration_text(120s) == "2m");
  CHECK(duration_text(1500ms) == "1500ms");
}

TEST_CASE("a wrong file says file, line, and what would be right") {
  CHECK(errors_of("[dispatch]\noffer_timeout = \"soon\"\n")
        == lines{"file:2: dispatch.offer_timeout: expected a duration from 1s "
                 "to 5m, such as \"15s\", found \"soon\""});
  CHECK(errors_of("[cell]\ncolour = 3\nlevle = 13\n")
        == lines{"file:2: unknown option cell.colour",
                 "file:3: unknown option cell.levle; did you mean "
                 "cell.level?"});
  CHECK(errors_of("[cell]\nlevel = \"13\"\n")
        == lines{"file:2: cell.level: expected a whole number from 11 to 16, "
                 "found \"13\""});
  CHECK(errors_of("[cell]\nlevel = 42\n")
        == lines{"file:2: cell.level: expected a whole number from 11 to 16, "
                 "found 42"});
  CHECK(errors_of("[surge]\ncover_cells_max = 12\n")
        == lines{"file:2: unknown option surge.cover_cells_max; did you "
                 "mean cell.cover_cells_max?"});
  auto broken = errors_of("[cell\nlevel = 13\n");
  REQUIRE(broken.size() == 1);
  CHECK(broken[0].starts_with("file:1: not valid TOML"));
}

TEST_CASE("a file that is not there is named") {
  settings out;
  auto errors = load_settings({"/nonexistent/hansom.toml", {}, {}}, out);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].starts_with("/nonexistent/hansom.toml: cannot be read"));
}

TEST_CASE("flags win over the environment, which wins over the file") {
  config_file file{"[dispatch]\noffer_timeout = \"20s\"\n"
                   "match_timeout = \"4m\"\nquote_ttl = \"5m\"\n"};
  settings out;
  auto errors = load_settings({file.path,
                               {{"HANSOM_DISPATCH_MATCH_TIMEOUT", "90s"},
                                {"HANSOM_DISPATCH_QUOTE_TTL", "90s"}},
                               {"dispatch.quote_ttl=30s", "node.name=7"}},
                              out);
  REQUIRE(errors == lines{});
  CHECK(out.dispatch.offer_timeout == 20s);
  CHECK(out.dispatch.match_timeout == 90s);
  CHECK(out.dispatch.quote_ttl == 30s);
  CHECK(out.node.name == "7");
}

TEST_CASE("wrong flags and variables are refused by name") {
  settings out;
  CHECK(load_settings({{}, {{"HANSOM_CELL_LEVLE", "12"}}, {"oops"}}, out)
        == lines{"environment HANSOM_CELL_LEVLE: unknown option cell.levle; "
                 "did you mean cell.level?",
                 "--set oops: expected key=value, such as "
                 "dispatch.offer_timeout=20s"});
}

TEST_CASE("the shown file is complete and loads back to the same") {
  auto shown = show_settings(settings{});
  for (auto& p : properties())
    CHECK(shown.find("\n" + p.key.substr(p.key.rfind('.') + 1) + " = ")
          != std::string::npos);
  config_file file{shown};
  settings out;
  out.dispatch.offer_timeout = 99s; // The file must set it back.
  REQUIRE(load_settings({file.path, {}, {}}, out) == lines{});
  CHECK(show_settings(out) == shown);
}

TEST_CASE("the example file in deploy/ is the one the program prints") {
  std::ifstream in{std::string{HANSOM_SOURCE_DIR} + "/deploy/hansom.toml"};
  std::string shipped{std::istreambuf_iterator<char>{in}, {}};
  CHECK_MESSAGE(shipped == show_settings(settings{}),
                "make it anew: hansom config show > deploy/hansom.toml");
}

TEST_CASE("what nodes must have alike has a digest, the rest may differ") {
  settings one;
  auto other = one;
  other.node.name = "n2";
  other.cluster.port = 7501;
  other.dispatch.offer_timeout += milliseconds{1000};
  CHECK(alike_hash(one) == alike_hash(other));
  CHECK(alike_hash(one) != 0);
  other.cluster.time_scale = 3;
  CHECK(alike_hash(one) != alike_hash(other));
  CHECK(alike_settings(other).find("cluster.time_scale = 3")
        != std::string::npos);
  other = one;
  other.dispatch.cell_level += 1;
  CHECK(alike_hash(one) != alike_hash(other));
}

TEST_CASE("Redis goes with a cluster") {
  settings x;
  x.store.engine = store_engine::postgresql;
  x.cluster.enabled = true;
  x.redis.url = "redis://127.0.0.1:6379";
  CHECK(check(x).empty());
}

TEST_CASE("each key is declared once, in one section after the other") {
  std::set<std::string> keys, closed;
  std::string section;
  for (auto& p : properties()) {
    CHECK(keys.insert(p.key).second);
    auto head = p.key.substr(0, p.key.find('.'));
    if (head != section)
      CHECK_MESSAGE(closed.insert(head).second, p.key);
    section = head;
  }
}
