#include "cluster/check/check.hpp"
#include "cluster/node/open_store.hpp"
#include "cluster/node/wall_clock.hpp"
#include "cluster/program/exit_codes.hpp"
#include "cluster/program/moment.hpp"
#include "cluster/program/point_in_time.hpp"
#include "cluster/program/tools.hpp"
#include "cluster/program/verbs.hpp"
#include "persistence/backup.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

namespace hansom::verbs {

namespace {

namespace fs = std::filesystem;

/// Loads the settings and runs `f`; says what went wrong.
int guarded(const config_sources& from,
            const std::function<int(settings&)>& f) {
  settings loaded;
  auto errors = load_settings(from, loaded);
  for (auto& e : errors)
    std::cerr << e << '\n';
  if (!errors.empty())
    return exit_usage;
  try {
    return f(loaded);
  } catch (const store::unavailable_error& e) {
    std::cerr << "hansom: " << e.what() << '\n';
    return exit_no_answer;
  } catch (const std::exception& e) {
    std::cerr << "hansom: " << e.what() << '\n';
    return exit_failed;
  }
}

/// A folder gets a file named by the time.
std::string target_of(const std::string& place, const char* suffix) {
  if (!fs::is_directory(place))
    return place;
  // "hansom-20260504T175900Z": no file system minds it.
  auto name = "hansom-" + moment_text(wall_clock_now());
  std::erase_if(name, [](char c) { return c == ':'; });
  for (auto i = name.find('-', 7); i != name.npos; i = name.find('-', 7))
    name.erase(i, 1);
  return (fs::path{place} / name).string() + suffix;
}

int say_done(const std::string& what, const std::string& file) {
  std::cout << what << " is in " << file << " ("
            << (fs::file_size(file) + 1023) / 1024 << " KiB)\n";
  return exit_done;
}

int backup_sqlite(const std::string& data, const std::string& file) {
  if (!fs::exists(data + "/hansom.db")) {
    std::cerr << "hansom: no store in folder " << data << '\n';
    return exit_not_found;
  }
  auto on_screen = ::isatty(STDERR_FILENO) != 0;
  store::backup_sqlite(data, file, [&](int done, int total) {
    if (on_screen)
      std::cerr << "\r  " << done << " of " << total << " pages"
                << (done == total ? "\n" : "") << std::flush;
  });
  return say_done("a copy of " + data, file);
}

int backup_postgres(const settings& with, const std::string& file) {
  auto to = postgres_of(with);
  auto part = file + ".part";
  auto name = store::describe_postgres(to.url);
  std::cerr << "copying " << name << '\n';
  auto fine = run_tool({{"pg_dump", "--format=custom", "--schema=hansom",
                         "--no-owner", "--no-password", "--file=" + part},
                        store::postgres_environment(to.url),
                        {}});
  if (!fine) {
    std::error_code ignored;
    fs::remove(part, ignored);
    std::cerr
      << "hansom: pg_dump failed, no copy was made; it needs the rights "
         "of the schema's owner\n";
    return exit_failed;
  }
  fs::rename(part, file);
  return say_done("a copy of " + name, file);
}

int verify(const settings& with, const std::string& what) {
  auto restored = open_store_read_only(with);
  if (with.store.engine == store_engine::postgresql)
    restored->open()->migrate(); // Which only verifies the schema.
  auto code = run_check(*restored, std::cout, false);
  std::cout << what
            << (code == 0 ? ": restored and sound\n"
                          : ": restored, but it is not sound\n");
  return code == 0 ? exit_done : exit_failed;
}

int restore_postgres(const settings& with, const std::string& file) {
  auto to = postgres_of(with);
  auto name = store::describe_postgres(to.url);
  std::string database;
  for (auto& [key, value] : store::postgres_environment(to.url))
    if (key == "PGDATABASE")
      database = value;
  if (database.empty()) {
    std::cerr << "hansom: the connection string has to name the database\n";
    return exit_usage;
  }
  store::prepare_postgres_restore(to);
  std::cerr << "restoring into " << name << '\n';
  if (!run_tool({{"pg_restore", "--single-transaction", "--exit-on-error",
                  "--no-owner", "--no-password", "--dbname=" + database, file},
                 store::postgres_environment(to.url),
                 {}})) {
    std::cerr << "hansom: pg_restore failed, the database is as it was\n";
    return exit_failed;
  }
  return verify(with, name);
}

} // namespace

int backup(const backup_options& with, const config_sources& from) {
  return guarded(from, [&](settings& loaded) -> int {
    auto embedded = loaded.store.engine == store_engine::sqlite;
    if (with.base && embedded) {
      std::cerr << "hansom: --base is PostgreSQL's; the copy of an embedded "
                   "store is whole already\n";
      return exit_usage;
    }
    auto file = target_of(with.place, embedded    ? ".db"
                                      : with.base ? ".base"
                                                  : ".dump");
    if (fs::exists(file) || fs::exists(with.place + "/backup_label")) {
      std::cerr << "hansom: " << file << " exists; a copy replaces nothing\n";
      return exit_refused;
    }
    if (embedded)
      return backup_sqlite(with.data, file);
    return with.base ? backup_base(postgres_of(loaded), file)
                     : backup_postgres(loaded, file);
  });
}

namespace {

int restore_until(const backup_options& with, const settings& loaded) {
  moment_options what{with.place, with.archive, with.data, {}, "postgres"};
  if (loaded.store.engine != store_engine::postgresql) {
    std::cerr << "hansom: --until is PostgreSQL's, which keeps an archive of "
                 "its log: --set store.engine=postgresql\n";
    return exit_usage;
  }
  if (!parse_moment(with.until, wall_clock_now(), what.until)) {
    std::cerr << "hansom: --until: expected a time such as "
                 "2026-11-22T21:30:00Z, or how long ago, such as 10m; found \""
              << with.until << "\"\n";
    return exit_usage;
  }
  if (with.archive.empty()) {
    std::cerr << "hansom: --until needs --archive: where archive_command puts "
                 "the server's log\n";
    return exit_usage;
  }
  return restore_moment(what, postgres_of(loaded));
}

} // namespace

int restore(const backup_options& with, const config_sources& from) {
  return guarded(from, [&](settings& loaded) -> int {
    if (!with.until.empty())
      return restore_until(with, loaded);
    if (!fs::is_regular_file(with.place)) {
      std::cerr << "hansom: there is no copy " << with.place << '\n';
      return exit_not_found;
    }
    if (loaded.store.engine == store_engine::postgresql)
      return restore_postgres(loaded, with.place);
    if (fs::exists(with.data + "/hansom.db")) {
      std::cerr << "hansom: " << with.data
                << " has a store; a restore replaces nothing\n";
      return exit_refused;
    }
    store::restore_sqlite(with.place, with.data);
    loaded.node.data = with.data;
    return verify(loaded, with.data);
  });
}

} // namespace hansom::verbs
