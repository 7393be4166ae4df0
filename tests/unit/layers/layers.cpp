// Goal: the shape of the house holds by itself. The rules are tried on planted
// violations first, then on every file of the tree.

#include "tests/unit/layers/house_rules.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace hansom::tests;

namespace {

std::string first(const std::vector<finding>& xs) {
  return xs.empty() ? "" : to_string(xs.front());
}

std::string including(std::string_view path, const std::string& header) {
  return first(judge_source(path, "#pragma once\n#include " + header + "\n"));
}

/// Tokens that this file must not contain in one piece.
const std::string left_over = std::string{"TO"} + "DO";

} // namespace

TEST_CASE("an include points down the list of rooms, never up") {
  CHECK(including("actors/cell/cell.hpp", "\"persistence/store.hpp\"") == "");
  CHECK(including("actors/cell/cell.hpp", "\"actors/trip/trip.hpp\"") == "");
  CHECK(including("actors/cell/cell.hpp", "\"gateway/session/session.hpp\"")
        == "actors/cell/cell.hpp:2: actors must not include gateway "
           "(gateway/session/session.hpp)");
  CHECK(including("protocol/ids.hpp", "\"persistence/store.hpp\"") != "");
  CHECK(including("gateway/server.cpp", "\"cluster/node.hpp\"") != "");
  CHECK(including("cluster/node.cpp", "\"gateway/server.hpp\"") == "");
  CHECK(including("tests/unit/x.cpp", "\"cluster/node.hpp\"") == "");
}

TEST_CASE("the simulated fleet is a client and knows the protocol alone") {
  CHECK(including("bench/fleet/driver.cpp", "\"protocol/json/json.hpp\"")
        == "");
  CHECK(including("bench/fleet/driver.cpp", "\"actors/trip/trip.hpp\"") != "");
  CHECK(including("bench/simulate/day.cpp", "\"actors/trip/trip.hpp\"") == "");
  CHECK(including("bench/simulate/day.cpp", "\"gateway/server.hpp\"") != "");
  CHECK(including("actors/cell/cell.cpp", "\"bench/fleet/city.hpp\"") != "");
}

TEST_CASE("a library stays in its room") {
  CHECK(including("gateway/connection/listener.hpp", "<boost/asio/ip/tcp.hpp>")
        == "");
  CHECK(including("actors/cell/cell.cpp", "<boost/asio.hpp>")
        == "actors/cell/cell.cpp:2: actors must not use Beast and Asio "
           "(boost/asio.hpp)");
  CHECK(including("protocol/ids.hpp", "<boost/preprocessor/cat.hpp>") == "");
  CHECK(including("persistence/sqlite.cpp", "<sqlite3.h>") == "");
  CHECK(including("actors/trip/trip.cpp", "<sqlite3.h>") != "");
  CHECK(including("gateway/x.cpp", "<pqxx/pqxx>") != "");
  CHECK(including("cluster/x.cpp", "<hiredis/async.h>") != "");
}

TEST_CASE("heavy headers stay in source files") {
  CHECK(including("actors/cell/map.cpp", "<s2/s2cell_id.h>") == "");
  CHECK(including("actors/cell/map.hpp", "<s2/s2cell_id.h>") != "");
  CHECK(including("actors/cell/map.hpp", "<lemon/smart_graph.h>") != "");
  CHECK(including("protocol/json/json.hpp", "<nlohmann/json.hpp>") != "");
  CHECK(including("protocol/json/json.hpp", "<nlohmann/json_fwd.hpp>") == "");
  CHECK(including("protocol/json/reader.hpp", "<nlohmann/json.hpp>") == "");
}

TEST_CASE("a header guards itself and nothing is left for later") {
  CHECK(first(judge_source("protocol/x.hpp", "int x;\n")) != "");
  CHECK(first(judge_source("protocol/x.cpp", "int x;\n")) == "");
  CHECK(first(judge_source("protocol/x.cpp", "\n\n// " + left_over + " x\n"))
        == "protocol/x.cpp:3: " + left_over + " left behind; do it or drop it");
}

TEST_CASE("no floating point in a record") {
  const std::string fine = "struct speed {\n"
                           "  // Not a double.\n"
                           "  std::int32_t mm_s = 0;\n"
                           "};\n"
                           "HANSOM_RECORD(speed, mm_s)\n"
                           "struct unsent {\n"
                           "  double x = 0;\n"
                           "};\n";
  CHECK(first(judge_records("protocol/x.hpp", fine)) == "");
  CHECK(first(judge_records("x.hpp", "struct a { int x; };\n"
                                     "HANSOM_RECORD(a, x)\n"
                                     "double later;\n"))
        == "");
  const std::string wrong = "struct speed {\n"
                            "  std::int32_t mm_s = 0;\n"
                            "  caf::optional<double> factor;\n"
                            "};\n"
                            "\n"
                            "HANSOM_RECORD(speed, mm_s, factor)\n";
  CHECK(first(judge_records("protocol/x.hpp", wrong))
        == "protocol/x.hpp:3: double in the record speed; CAF 0.17 hangs on "
           "an infinite one, use integers");
}

TEST_CASE(
  "a room without a README is reported, and a link that leads nowhere") {
  const auto top = std::filesystem::temp_directory_path()
                   / ("hansom_layers_" + std::to_string(::getpid()));
  std::filesystem::create_directories(top / "protocol");
  std::filesystem::create_directories(top / "deploy");
  std::ofstream{top / "deploy/README.md"} << "# deploy\n[gone](gone.md)\n";
  const auto found = judge_house(top);
  std::filesystem::remove_all(top);
  REQUIRE(found.size() == 2);
  CHECK(first(found) == "deploy/README.md:2: leads nowhere: gone.md");
  CHECK(to_string(found.back())
        == "protocol/README.md:1: missing; every room says what lives in it");
}

TEST_CASE("every file of the house keeps its rules") {
  const std::filesystem::path top{HANSOM_SOURCE_DIR};
  REQUIRE(list_sources(top).size() > 10); // A guard of nothing guards nothing.
  for (const auto& x : judge_house(top))
    FAIL_CHECK(to_string(x));
}
