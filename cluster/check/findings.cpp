#include "cluster/check/findings.hpp"

#include "protocol/json/writer.hpp"

#include <cstdio>
#include <ostream>

namespace hansom {

void findings::declare(const std::string& invariant, std::string meaning) {
  rows_[invariant].meaning = std::move(meaning);
}

void findings::checked(const std::string& invariant, std::uint64_t n) {
  rows_[invariant].checked += n;
}

void findings::broken(const std::string& invariant, std::string what) {
  auto& x = rows_[invariant];
  ++x.broken;
  if (x.examples.size() < shown)
    x.examples.push_back(std::move(what));
}

void findings::expect(const std::string& invariant, bool fine,
                      const std::string& what) {
  checked(invariant);
  if (!fine)
    broken(invariant, what);
}

void findings::note(const std::string& name, std::uint64_t n) {
  notes_[name] = n;
}

std::uint64_t findings::broken_count() const {
  std::uint64_t out = 0;
  for (const auto& [name, x] : rows_)
    out += x.broken;
  return out;
}

std::uint64_t findings::broken_count(const std::string& invariant) const {
  auto i = rows_.find(invariant);
  return i == rows_.end() ? 0 : i->second.broken;
}

void findings::write_text(std::ostream& out) const {
  char line[200];
  std::snprintf(line, sizeof line, "%-5s %12s %8s  %s\n", "", "checked",
                "broken", "what must hold");
  out << line;
  for (const auto& [name, x] : rows_) {
    std::snprintf(line, sizeof line, "%-5s %12llu %8llu  %s\n", name.c_str(),
                  static_cast<unsigned long long>(x.checked),
                  static_cast<unsigned long long>(x.broken), x.meaning.c_str());
    out << line;
    for (const auto& example : x.examples)
      out << "        " << example << '\n';
    if (x.broken > x.examples.size())
      out << "        ... and " << x.broken - x.examples.size() << " more\n";
  }
  for (const auto& [name, n] : notes_)
    out << name << ' ' << n << '\n';
  out << (broken_count() == 0 ? "PASS: " : "FAIL: ") << broken_count()
      << " violations\n";
}

std::string findings::to_json() const {
  std::string out = "{\"invariants\":[";
  bool first = true;
  for (const auto& [name, x] : rows_) {
    out += first ? "{\"name\":" : ",{\"name\":";
    first = false;
    json::append(out, name);
    out += ",\"meaning\":";
    json::append(out, x.meaning);
    out += ",\"checked\":";
    json::append(out, x.checked);
    out += ",\"broken\":";
    json::append(out, x.broken);
    out += ",\"examples\":";
    json::append(out, x.examples);
    out += '}';
  }
  out += ']';
  for (const auto& [name, n] : notes_) {
    out += ',';
    json::append(out, name);
    out += ':';
    json::append(out, n);
  }
  out += ",\"broken\":";
  json::append(out, broken_count());
  out += ",\"passed\":";
  json::append(out, broken_count() == 0);
  return out + '}';
}

} // namespace hansom
