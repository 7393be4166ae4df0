// TLS to PostgreSQL is a matter of the connection string: libpq's words.

#include "persistence/backup.hpp"
#include "persistence/postgres/session.hpp"
#include "tests/unit/persistence/self_signed.hpp"
#include "tests/unit/persistence/store_fixture.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

namespace hansom::store::testing {

namespace {

/// @returns whether the connection is encrypted, or why there is none.
std::string encrypted(const std::string& words) {
  auto& server = postgres_server::instance();
  try {
    postgres_options with;
    with.url =
      postgres_at(server.owner_url() + words, "127.0.0.1", server.port());
    postgres::watchdog dog;
    postgres::session db{with, dog};
    return db.value("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
  } catch (const std::exception& e) {
    return e.what();
  }
}

/// The server insists that nobody else can read its key.
void give_to_server(const std::string& folder, const self_signed& x) {
  ::chmod(folder.c_str(), 0755);
  ::chmod(x.key.c_str(), 0600);
  if (auto* user = ::getpwnam("postgres"); ::geteuid() == 0 && user)
    REQUIRE(::chown(x.key.c_str(), user->pw_uid, user->pw_gid) == 0);
}

bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("sslmode and sslrootcert of the connection string count") {
  auto& server = postgres_server::instance();
  CHECK(encrypted("") == "f");
  CHECK(has(encrypted("?sslmode=require"), "does not support SSL"));
  temporary_folder folder;
  self_signed own{folder.path(), "server", "IP:127.0.0.1"};
  self_signed other{folder.path(), "other", "IP:127.0.0.1"};
  give_to_server(folder.path(), own);
  server.execute("ALTER SYSTEM SET ssl_cert_file = '" + own.certificate + "'");
  server.execute("ALTER SYSTEM SET ssl_key_file = '" + own.key + "'");
  server.execute("ALTER SYSTEM SET ssl = on");
  server.execute("SELECT pg_reload_conf()");
  std::string strict = "?sslmode=verify-full&sslrootcert=";
  for (int i = 0; i < 250 && encrypted(strict + own.certificate) != "t"; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  CHECK(encrypted(strict + own.certificate) == "t");
  CHECK(
    has(encrypted(strict + other.certificate), "certificate verify failed"));
  CHECK(encrypted("?sslmode=disable") == "f");
  server.execute("ALTER SYSTEM RESET ssl");
  server.execute("SELECT pg_reload_conf()");
}

} // namespace hansom::store::testing
