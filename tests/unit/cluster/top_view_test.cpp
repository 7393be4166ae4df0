#include "cluster/program/top_view.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace hansom;
using document = nlohmann::json;

namespace {

document three() {
  auto row = [](const char* name, int mailbox) {
    return document{{"actor", name},      {"state", "available"},
                    {"mailbox", mailbox}, {"rate", 1.5},
                    {"handled", 10},      {"busy_pct", 0.1}};
  };
  return {
    {"totals", {{{"kind", "driver"}, {"actors", 3}}}},
    {"actors", {row("driver/1", 5), row("driver/2", 3), row("driver/3", 0)}}};
}

struct top_stage {
  top_view view{{}};
  top_stage() {
    view.take(three());
  }
  top_view::wish type(std::string_view keys) {
    auto wish = top_view::wish::none;
    for (auto c : keys)
      wish = view.press(c, 10);
    return wish;
  }
  std::string selected() {
    for (auto& x : view.rows(10))
      if (x.selected)
        return x.text.substr(0, x.text.find(' '));
    return {};
  }
};

} // namespace

TEST_CASE_FIXTURE(top_stage, "top: the cursor moves and stays inside") {
  CHECK(selected() == "driver/1");
  view.press(top_view::up, 10);
  CHECK(selected() == "driver/1");
  view.press(top_view::end, 10);
  CHECK(selected() == "driver/3");
  view.take({{"totals", document::array()}, {"actors", document::array()}});
  CHECK(view.rows(10).empty());
  view.press(top_view::down, 10);
  CHECK(view.chosen().empty());
}

TEST_CASE_FIXTURE(top_stage, "top: keys sort, filter, search and pause") {
  CHECK(view.path().find("sort=mailbox") != std::string::npos);
  CHECK(type(">") == top_view::wish::refresh);
  CHECK(view.path().find("sort=rate") != std::string::npos);
  type("<<");
  CHECK(view.path().find("sort=name") != std::string::npos);
  CHECK(type("\\dri q\n") == top_view::wish::refresh);
  CHECK(view.path().find("text=dri%20q") != std::string::npos);
  type("/er/3\n");
  CHECK(selected() == "driver/3");
  CHECK(view.footer().size() <= 80);
  CHECK(view.footer().ends_with("q:quit"));
  type("/nobody\n");
  CHECK(view.footer().find("nothing here has") != std::string::npos);
  type("Z");
  view.take({{"totals", document::array()}, {"actors", document::array()}});
  CHECK(view.rows(10).size() == 3);
  CHECK(type("t") == top_view::wish::refresh);
  CHECK(view.path().starts_with("/v1/admin/tree"));
  CHECK(type("q") == top_view::wish::quit);
}

TEST_CASE_FIXTURE(top_stage, "top: passivation is confirmed by a word") {
  type("  "); // Tags driver/1 and driver/2.
  CHECK(view.chosen() == std::vector<std::string>{"driver/1", "driver/2"});
  type("k");
  CHECK(view.footer().find("driver/1 and 1 more") != std::string::npos);
  CHECK(type("y\n") == top_view::wish::none);
  CHECK(type("kyes\n") == top_view::wish::passivate);
  type("U");
  CHECK(view.chosen() == std::vector<std::string>{"driver/3"});
  type("k");
  CHECK(view.press(27, 10) == top_view::wish::none);
  CHECK(view.footer().find("Type yes") == std::string::npos);
}

TEST_CASE_FIXTURE(top_stage, "top: who is followed stays under the cursor") {
  view.press(top_view::down, 10);
  type("F");
  auto other = three();
  std::swap(other["actors"][1], other["actors"][2]);
  view.take(other);
  CHECK(selected() == "driver/2");
}

TEST_CASE_FIXTURE(top_stage, "top: the tree has names to choose") {
  type("t");
  view.take(
    {{"children",
      {{{"actor", "cell/89c259"},
        {"state", "quiet"},
        {"mailbox", 0},
        {"rate", 2.0},
        {"more", 4},
        {"children",
         {{{"actor", "trip/00a1"}, {"children", document::array()}}}}}}}});
  REQUIRE(view.rows(10).size() == 3);
  CHECK(view.rows(10)[1].text == "  trip/00a1");
  CHECK(view.rows(10)[2].text == "  and 4 more");
  view.press(top_view::end, 10);
  CHECK(view.chosen().empty());
}
