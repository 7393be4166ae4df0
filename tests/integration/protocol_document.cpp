#include "tests/integration/protocol_document.hpp"

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#include <yaml-cpp/yaml.h>

#include <map>
#include <stdexcept>

namespace hansom::testing {

namespace {

using nlohmann::json;

/// What YAML's core schema says of a word: only quotes make a number a text.
json scalar(const YAML::Node& x) {
  const auto& text = x.Scalar();
  if (x.Tag() == "!")
    return text;
  if (text == "true" || text == "false")
    return text == "true";
  auto number = json::parse(text, nullptr, false);
  return number.is_number() ? number : json(text);
}

json to_json(const YAML::Node& x) {
  if (x.IsMap()) {
    auto out = json::object();
    for (const auto& entry : x)
      out[entry.first.Scalar()] = to_json(entry.second);
    return out;
  }
  if (x.IsSequence()) {
    auto out = json::array();
    for (const auto& entry : x)
      out.push_back(to_json(entry));
    return out;
  }
  return x.IsScalar() ? scalar(x) : json{};
}

} // namespace

struct protocol_document::body {
  json all;
  std::map<std::string, valijson::Schema> schemas;

  const json& resolved(const json& schema) const {
    auto ref = schema.find("$ref");
    return ref == schema.end()
             ? schema
             : resolved(
               all.at(json::json_pointer{ref->get<std::string>().substr(1)}));
  }

  /// Adds the fields of an object's schema, however it is put together. A
  /// field of two alternatives has the schema of either; both are kept.
  void fields(const json& schema, std::multimap<std::string, json>& out) const {
    const auto& x = resolved(schema);
    if (auto own = x.find("properties"); own != x.end())
      for (auto& [name, field] : own->items())
        out.emplace(name, field);
    for (const auto* how : {"allOf", "anyOf", "oneOf"})
      if (auto parts = x.find(how); parts != x.end())
        for (auto& part : *parts)
          fields(part, out);
  }

  /// @returns the path of a field in no schema of `known`; else empty.
  std::string stranger(const json& x,
                       const std::multimap<std::string, json>& known,
                       const std::string& at) const {
    for (auto& [name, value] : x.items()) {
      auto [from, to] = known.equal_range(name);
      auto where = at + '/' + name;
      if (from == to)
        return where;
      std::multimap<std::string, json> inner;
      for (; from != to; ++from) {
        fields(from->second, inner);
        if (value.is_array() && resolved(from->second).contains("items"))
          fields(resolved(from->second)["items"], inner);
      }
      if (value.is_object())
        if (auto found = stranger(value, inner, where); !found.empty())
          return found;
      if (value.is_array())
        for (auto& item : value)
          if (item.is_object())
            if (auto found = stranger(item, inner, where); !found.empty())
              return found;
    }
    return {};
  }

  const valijson::Schema& schema_of(const std::string& message) {
    auto [at, is_new] = schemas.try_emplace(message);
    if (is_new) {
      // The references are to the whole document, so it comes along.
      json root{
        {"components", all.at("components")},
        {"allOf",
         {{{"$ref", "#/components/messages/" + message + "/payload"}}}}};
      valijson::SchemaParser parser;
      valijson::adapters::NlohmannJsonAdapter adapter{root};
      parser.populateSchema(adapter, at->second);
    }
    return at->second;
  }
};

protocol_document::protocol_document(const std::string& file)
  : body_{std::make_unique<body>()} {
  body_->all = to_json(YAML::LoadFile(file));
  if (messages().empty())
    throw std::runtime_error{file + ": no messages"};
}

protocol_document::~protocol_document() = default;

std::set<std::string> protocol_document::messages() const {
  std::set<std::string> out;
  for (auto& [name, message] : body_->all["components"]["messages"].items())
    out.insert(name);
  return out;
}

std::set<std::string> protocol_document::error_codes() const {
  return body_->all["components"]["schemas"]["error_code"]["enum"];
}

std::string protocol_document::judge(const std::string& message,
                                     const std::string& frame) {
  if (!messages().contains(message))
    return "the document has no message " + message + ": " + frame;
  auto parsed = json::parse(frame, nullptr, false);
  if (!parsed.is_object())
    return "no JSON object: " + frame;
  valijson::Validator validator;
  valijson::ValidationResults results;
  valijson::adapters::NlohmannJsonAdapter adapter{parsed};
  if (!validator.validate(body_->schema_of(message), adapter, &results)) {
    std::string out;
    valijson::ValidationResults::Error e;
    while (results.popError(e)) {
      for (auto& part : e.context)
        out += part;
      out += ": " + e.description + '\n';
    }
    return out + frame;
  }
  std::multimap<std::string, json> known;
  body_->fields(body_->all["components"]["messages"][message]["payload"],
                known);
  auto found = body_->stranger(parsed, known, {});
  return found.empty() ? found : "undocumented field " + found + ": " + frame;
}

} // namespace hansom::testing
