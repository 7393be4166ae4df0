// What we publish is what we do: the examples of asyncapi.yaml are taken by
// the decoder, and the tables name every code.

#include "protocol/errors.hpp"
#include "protocol/json/json.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

using namespace hansom;

namespace {

std::string text_of(const std::string& file) {
  std::ifstream in{std::string{HANSOM_SOURCE_DIR} + "/protocol/" + file};
  std::ostringstream out;
  out << in.rdbuf();
  REQUIRE(out.str().size() > 1000);
  return out.str();
}

template <class Message>
std::string type_of() {
  return std::string{type_name(client_message{Message{}})};
}

template <std::size_t... Is>
std::set<std::string> client_types(std::index_sequence<Is...>) {
  return {type_of<std::variant_alternative_t<Is, client_message>>()...};
}

} // namespace

TEST_CASE("the published examples of client messages are understood") {
  auto waiting = client_types(
    std::make_index_sequence<std::variant_size_v<client_message>>{});
  std::istringstream lines{text_of("asyncapi.yaml")};
  const std::string example = "        - payload: ";
  bool is_client = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("    client."))
      is_client = true;
    else if (line.starts_with("    # -- server to client"))
      is_client = false;
    if (!is_client || !line.starts_with(example))
      continue;
    auto text = line.substr(example.size());
    decoded_frame out;
    decode_error error;
    INFO(text);
    INFO(error.message);
    CHECK(decode_frame(text, out, error));
    waiting.erase(std::string{type_name(out.body)});
  }
  for (const auto& type : waiting)
    FAIL_CHECK("asyncapi.yaml has no example of ", type);
}

TEST_CASE("the published tables name every code") {
  auto readme = text_of("README.md");
  auto asyncapi = text_of("asyncapi.yaml");
  const auto has = [](const std::string& text, const std::string& what) {
    CAPTURE(what);
    CHECK(text.find(what) != std::string::npos);
  };
  for (std::size_t i = 1; i < error_code_count; ++i) {
    const auto& x = facts(static_cast<error_code>(i));
    std::string code{x.code};
    has(readme, "| `" + code + "` | " + std::string{x.sentence} + " | "
                  + (x.temporary ? "yes" : "no") + " | "
                  + std::to_string(x.http));
    has(asyncapi, "        - " + code + '\n');
  }
  for (int i = 4000; i < 5000; ++i) {
    const auto& x = facts(static_cast<close_code>(i));
    if (static_cast<int>(x.code) != i)
      continue; // Not one of ours.
    has(readme, "| " + std::to_string(i) + " | " + std::string{x.reason});
    has(asyncapi, "code: " + std::to_string(i));
  }
}
