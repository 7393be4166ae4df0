#include "persistence/backup.hpp"
#include "persistence/postgres/session.hpp"

#include <libpq-fe.h>

#include <map>

namespace hansom::store {

namespace {

using words = std::map<std::string, std::string>;

/// Takes a connection string apart. @throws std::runtime_error.
words parse(const std::string& url) {
  char* why = nullptr;
  auto* options = PQconninfoParse(url.c_str(), &why);
  if (!options) {
    // libpq's message quotes the string, and with it perhaps the password.
    PQfreemem(why);
    throw std::runtime_error{
      "the PostgreSQL connection string is malformed; expected for example "
      "postgresql://user:password@host:5432/database or \"host=... "
      "dbname=... user=... password=...\""};
  }
  words out;
  for (auto* x = options; x->keyword; ++x)
    if (x->val && *x->val)
      out[x->keyword] = x->val;
  PQconninfoFree(options);
  return out;
}

std::string value_or(const words& x, const char* name, const char* otherwise) {
  auto i = x.find(name);
  return i == x.end() ? otherwise : i->second;
}

/// As libpq reads it: name='value' ...
std::string written(const words& all) {
  std::string out;
  for (auto& [name, value] : all) {
    out += name + "='";
    for (auto c : value) {
      if (c == '\'' || c == '\\')
        out += '\\';
      out += c;
    }
    out += "' ";
  }
  return out;
}

} // namespace

namespace postgres {

std::string complete_url(const std::string& url) {
  auto all = parse(url);
  // Ours come first: `insert` does not overwrite what the user has said.
  for (auto [name, value] : {std::pair{"connect_timeout", "2"},
                             {"keepalives", "1"},
                             {"keepalives_idle", "1"},
                             {"keepalives_interval", "1"},
                             {"keepalives_count", "3"},
                             {"tcp_user_timeout", "3000"},
                             {"application_name", "hansom"}})
    all.insert({name, value});
  return written(all);
}

} // namespace postgres

std::string postgres_at(const std::string& url, const std::string& host,
                        std::uint16_t port) {
  auto all = parse(url);
  all.erase("hostaddr");
  all["host"] = host;
  all["port"] = std::to_string(port);
  return written(all);
}

std::vector<std::pair<std::string, std::string>>
postgres_environment(const std::string& url) {
  parse(url); // Says what is wrong, without the password.
  std::vector<std::pair<std::string, std::string>> out;
  auto* options = PQconninfoParse(url.c_str(), nullptr);
  for (auto* x = options; x && x->keyword; ++x)
    if (x->envvar && x->val && *x->val)
      out.emplace_back(x->envvar, x->val);
  PQconninfoFree(options);
  return out;
}

std::string describe_postgres(const std::string& url) {
  try {
    auto x = parse(url);
    return "postgresql " + value_or(x, "host", "(local socket)") + ':'
           + value_or(x, "port", "5432") + '/'
           + value_or(x, "dbname", "(the user's database)") + " as "
           + value_or(x, "user", "(the process's user)");
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

} // namespace hansom::store
