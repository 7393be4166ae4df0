#include "cluster/check/check.hpp"
#include "cluster/node/open_store.hpp"
#include "cluster/node/wall_clock.hpp"
#include "cluster/program/exit_codes.hpp"
#include "cluster/program/verbs.hpp"
#include "persistence/backup.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
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
  auto seconds = static_cast<std::time_t>(wall_clock_now().ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char name[64];
  std::strftime(name, sizeof name, "hansom-%Y%m%dT%H%M%SZ", &utc);
  return (fs::path{place} / name).string() + suffix;
}

/// Runs one of PostgreSQL's programs. The connection is in its environment,
/// which other users cannot read. @returns whether it ended well.
bool run_tool(const std::vector<std::string>& words, const std::string& url) {
  auto environment = store::postgres_environment(url);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& x : words)
    arguments.push_back(const_cast<char*>(x.c_str()));
  arguments.push_back(nullptr);
  auto child = ::fork();
  if (child < 0)
    throw std::runtime_error{words[0] + ": " + std::strerror(errno)};
  if (child == 0) {
    for (auto& [name, value] : environment)
      ::setenv(name.c_str(), value.c_str(), 1);
    ::execvp(arguments[0], arguments.data());
    std::cerr << "hansom: " << words[0]
              << " cannot be run; on Debian: apt-get install "
                 "postgresql-client\n";
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR)
    continue;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
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
  auto fine = run_tool({"pg_dump", "--format=custom", "--schema=hansom",
                        "--no-owner", "--no-password", "--file=" + part},
                       to.url);
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
  if (!run_tool({"pg_restore", "--single-transaction", "--exit-on-error",
                 "--no-owner", "--no-password", "--dbname=" + database, file},
                to.url)) {
    std::cerr << "hansom: pg_restore failed, the database is as it was\n";
    return exit_failed;
  }
  return verify(with, name);
}

} // namespace

int backup(const backup_options& with, const config_sources& from) {
  return guarded(from, [&](settings& loaded) -> int {
    auto embedded = loaded.store.engine == store_engine::sqlite;
    auto file = target_of(with.place, embedded ? ".db" : ".dump");
    if (fs::exists(file)) {
      std::cerr << "hansom: " << file << " exists; a copy replaces nothing\n";
      return exit_refused;
    }
    return embedded ? backup_sqlite(with.data, file)
                    : backup_postgres(loaded, file);
  });
}

int restore(const backup_options& with, const config_sources& from) {
  return guarded(from, [&](settings& loaded) -> int {
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
