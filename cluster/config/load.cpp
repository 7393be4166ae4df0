#include "cluster/config/load.hpp"

#include "cluster/config/property.hpp"

#include <toml.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>

extern char** environ;

namespace hansom {

namespace {

/// Environment variables of ours that are no settings.
constexpr std::string_view not_settings[] = {"HANSOM_URL", "HANSOM_TOKEN",
                                             "HANSOM_DATA", "HANSOM_CONFIG",
                                             "HANSOM_POSTGRES_URL"};

raw_value to_raw(const toml::value& x) {
  if (x.is_boolean())
    return {x.as_boolean(), x.as_boolean() ? "true" : "false", false};
  if (x.is_integer())
    return {static_cast<std::int64_t>(x.as_integer()),
            std::to_string(x.as_integer()), false};
  if (x.is_string())
    return {x.as_string().str, '"' + x.as_string().str + '"', false};
  if (x.is_array()) {
    std::vector<raw_value> items;
    std::string text = "[";
    for (auto& item : x.as_array()) {
      items.push_back(to_raw(item));
      text += (text.size() > 1 ? ", " : "") + items.back().text;
    }
    return {std::move(items), text + "]", false};
  }
  // Kinds that no setting takes: the text is for the message.
  return {std::vector<raw_value>{}, toml::format(x), false};
}

/// A value from the environment or a flag has no type of its own.
raw_value untyped(std::string_view text) {
  std::string s{text};
  if (s == "true" || s == "false")
    return {s == "true", s, true};
  std::int64_t n = 0;
  auto [rest, error] = std::from_chars(s.data(), s.data() + s.size(), n);
  if (error == std::errc{} && rest == s.data() + s.size())
    return {n, s, true};
  return {s, '"' + s + '"', true};
}

class loader {
public:
  explicit loader(settings& out) : out_{out} {
  }

  void file(const std::string& path) {
    try {
      auto root = toml::parse(path);
      table(path, "", root);
    } catch (const toml::syntax_error& e) {
      errors.push_back(path + ":" + std::to_string(e.location().line())
                       + ": not valid TOML: " + first_line(e.what()));
    } catch (const std::exception& e) {
      errors.push_back(path + ": cannot be read: " + first_line(e.what()));
    }
  }

  void set(const std::string& where, std::string_view key,
           const raw_value& value) {
    auto* p = find_property(key);
    if (!p) {
      auto near = nearest_key(key);
      errors.push_back(where + "unknown option " + std::string{key}
                       + (near.empty() ? "" : "; did you mean " + near + "?"));
    } else if (!p->set(out_, value)) {
      errors.push_back(where + p->key + ": expected " + p->expected + ", found "
                       + value.text);
    }
  }

  std::vector<std::string> errors;

private:
  static std::string first_line(std::string_view text) {
    auto line = text.substr(0, text.find('\n'));
    for (std::string_view head : {"[error] ", "toml::parse: "})
      if (line.starts_with(head))
        line.remove_prefix(head.size());
    return std::string{line};
  }

  void table(const std::string& path, const std::string& prefix,
             const toml::value& x) {
    // Sorted by line: errors read from top to bottom.
    std::vector<std::pair<std::string, const toml::value*>> items;
    for (auto& [name, value] : x.as_table())
      items.emplace_back(name, &value);
    std::sort(items.begin(), items.end(), [](auto& a, auto& b) {
      return a.second->location().line() < b.second->location().line();
    });
    for (auto& [name, value] : items) {
      auto key = prefix.empty() ? name : prefix + "." + name;
      if (value->is_table())
        table(path, key, *value);
      else
        set(path + ":" + std::to_string(value->location().line()) + ": ", key,
            to_raw(*value));
    }
  }

  settings& out_;
};

/// HANSOM_DISPATCH_OFFER_TIMEOUT names dispatch.offer_timeout.
std::string key_of_variable(std::string_view name) {
  name.remove_prefix(std::string_view{"HANSOM_"}.size());
  auto same = [&](const std::string& key) {
    return key.size() == name.size()
           && std::equal(key.begin(), key.end(), name.begin(),
                         [](char k, char n) {
                           return n == (k == '.' ? '_' : std::toupper(k));
                         });
  };
  for (auto& p : properties())
    if (same(p.key))
      return p.key;
  std::string guess;
  for (auto c : name)
    guess += static_cast<char>(std::tolower(c));
  if (auto at = guess.find('_'); at != std::string::npos)
    guess[at] = '.';
  return guess;
}

} // namespace

std::vector<std::pair<std::string, std::string>> config_environment() {
  std::vector<std::pair<std::string, std::string>> result;
  for (auto** at = environ; *at; ++at) {
    std::string_view entry{*at};
    auto eq = entry.find('=');
    if (!entry.starts_with("HANSOM_") || eq == std::string_view::npos)
      continue;
    auto name = entry.substr(0, eq);
    if (std::find(std::begin(not_settings), std::end(not_settings), name)
        == std::end(not_settings))
      result.emplace_back(name, entry.substr(eq + 1));
  }
  return result;
}

std::vector<std::string> load_settings(const config_sources& from,
                                       settings& out) {
  loader load{out};
  if (!from.file.empty())
    load.file(from.file);
  for (auto& [name, value] : from.environment)
    load.set("environment " + name + ": ", key_of_variable(name),
             untyped(value));
  for (auto& flag : from.flags) {
    auto eq = flag.find('=');
    if (eq == std::string::npos)
      load.errors.push_back("--set " + flag
                            + ": expected key=value, such as "
                              "dispatch.offer_timeout=20s");
    else
      load.set("--set: ", flag.substr(0, eq), untyped(flag.substr(eq + 1)));
  }
  if (load.errors.empty())
    for (auto& problem : check(out))
      load.errors.push_back(problem);
  return load.errors;
}

namespace {

/// @returns the text as comment lines of 80 columns.
std::string comment(std::string_view text) {
  constexpr std::size_t width = 78;
  std::string out;
  while (!text.empty()) {
    auto end = text.size();
    if (end > width)
      end = text.rfind(' ', width);
    if (end == std::string_view::npos || end == 0)
      end = std::min(text.find(' '), text.size());
    out += "# " + std::string{text.substr(0, end)} + '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

} // namespace

std::string show_settings(const settings& x) {
  std::string out = "# Every setting of hansom, with its default. Unknown keys "
                    "are errors.\n";
  std::string section;
  for (auto& p : properties()) {
    auto dot = p.key.rfind('.');
    auto head = p.key.substr(0, dot);
    if (head != section) {
      section = head;
      out += "\n[" + section + "]\n";
    }
    out += comment(p.help + " Takes " + p.expected + ".");
    out += p.key.substr(dot + 1) + " = " + p.show(x) + "\n";
  }
  return out;
}

} // namespace hansom
