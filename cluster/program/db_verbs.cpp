#include "cluster/node/open_store.hpp"
#include "cluster/node/wall_clock.hpp"
#include "cluster/program/exit_codes.hpp"
#include "cluster/program/moment.hpp"
#include "cluster/program/table.hpp"
#include "cluster/program/verbs.hpp"

#include <functional>
#include <iostream>

namespace hansom::verbs {

namespace {

/// Loads the settings and runs `f` on the PostgreSQL that they name.
int with_postgres(const config_sources& from,
                  const std::function<int(const store::postgres_options&)>& f) {
  settings loaded;
  auto errors = load_settings(from, loaded);
  for (auto& e : errors)
    std::cerr << e << '\n';
  if (!errors.empty())
    return exit_usage;
  if (loaded.store.engine != store_engine::postgresql) {
    std::cerr << "hansom: store.engine is sqlite, which upgrades itself when a "
                 "node starts; for the other one: --set "
                 "store.engine=postgresql\n";
    return exit_usage;
  }
  try {
    return f(postgres_of(loaded));
  } catch (const store::unavailable_error& e) {
    std::cerr << "hansom: " << e.what() << '\n';
    return exit_no_answer;
  } catch (const std::exception& e) {
    std::cerr << "hansom: " << e.what() << '\n';
    return exit_failed;
  }
}

} // namespace

int db_migrate(const config_sources& from) {
  return with_postgres(from, [](const store::postgres_options& with) {
    auto done = store::migrate_postgres(with);
    for (auto& x : done)
      std::cout << "applied " << x.number << ' ' << x.name << '\n';
    std::cout << store::describe_postgres(with.url)
              << (done.empty() ? ": nothing to do\n" : ": up to date\n");
    return static_cast<int>(exit_done);
  });
}

int db_status(const config_sources& from, bool json) {
  return with_postgres(from, [json](const store::postgres_options& with) {
    auto all = store::postgres_migrations(with);
    auto fits = true;
    std::vector<std::vector<std::string>> rows;
    for (auto& x : all) {
      fits = fits && x.applied && !x.strange;
      rows.push_back({std::to_string(x.number), x.name,
                      x.applied ? moment_text(x.at) : "-",
                      x.strange   ? "not as this program knows it"
                      : x.applied ? "applied"
                                  : "missing: hansom db migrate"});
    }
    if (json) {
      // Names are identifiers: nothing to quote.
      std::string text;
      for (auto& x : all)
        text += std::string{text.empty() ? "" : ","}
                + "{\"number\":" + std::to_string(x.number) + ",\"name\":\""
                + x.name + "\",\"applied\":" + (x.applied ? "true" : "false")
                + ",\"strange\":" + (x.strange ? "true" : "false")
                + ",\"at\":" + std::to_string(x.at.ms) + '}';
      std::cout << "{\"migrations\":[" << text << "]}\n";
    } else {
      print_table(std::cout, {"migration", "name", "applied", "state"}, rows);
    }
    return fits ? exit_done : exit_failed;
  });
}

} // namespace hansom::verbs
