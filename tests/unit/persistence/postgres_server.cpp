#include "tests/unit/persistence/postgres_server.hpp"

#include "persistence/postgres/session.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

namespace fs = std::filesystem;

namespace hansom::store::testing {

namespace {

using namespace std::chrono_literals;

/// @returns the folder with the newest server's programs.
std::string find_programs() {
  std::set<std::string> found;
  if (auto* named = ::getenv("HANSOM_POSTGRES_BIN"))
    found.insert(named);
  else if (fs::is_directory("/usr/lib/postgresql"))
    for (auto& x : fs::directory_iterator{"/usr/lib/postgresql"})
      found.insert(x.path().string() + "/bin");
  for (auto i = found.rbegin(); i != found.rend(); ++i)
    if (fs::exists(*i + "/initdb") && fs::exists(*i + "/postgres"))
      return *i;
  throw std::runtime_error{
    "no PostgreSQL server to test with: install the package postgresql "
    "(deploy/packages install test), or name the folder of initdb and postgres "
    "in HANSOM_POSTGRES_BIN"};
}

std::uint16_t free_port() {
  auto s = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  ::bind(s, reinterpret_cast<sockaddr*>(&at), sizeof at);
  ::getsockname(s, reinterpret_cast<sockaddr*>(&at), &size);
  ::close(s);
  return ntohs(at.sin_port);
}

/// The server refuses to run as root.
const passwd* other_user() {
  if (::geteuid() != 0)
    return nullptr;
  auto* user = ::getpwnam("postgres");
  if (!user)
    throw std::runtime_error{"there is no user postgres, and root may not run "
                             "a PostgreSQL server: install postgresql-common"};
  return user;
}

/// Starts a program; its output goes to `log`. It ends with this process.
pid_t launch(const std::vector<std::string>& words, const std::string& log) {
  auto* user = other_user();
  auto parent = ::getpid();
  std::vector<char*> arguments;
  for (auto& x : words)
    arguments.push_back(const_cast<char*>(x.c_str()));
  arguments.push_back(nullptr);
  auto child = ::fork();
  if (child != 0)
    return child;
  auto out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  ::dup2(out, 1);
  ::dup2(out, 2);
  if (user
      && (::setgid(user->pw_gid) != 0 || ::setgroups(0, nullptr) != 0
          || ::setuid(user->pw_uid) != 0))
    ::_exit(126);
  ::setenv("LC_ALL", "C", 1);
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (::getppid() != parent || ::chdir("/") != 0)
    ::_exit(125);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

std::string text_of(const std::string& file) {
  std::ifstream in{file};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

} // namespace

postgres_server& postgres_server::instance() {
  static postgres_server one;
  return one;
}

postgres_server::postgres_server() : programs_{find_programs()} {
  std::string name = fs::temp_directory_path() / "hansom-pg-XXXXXX";
  folder_ = ::mkdtemp(name.data());
  if (auto* user = other_user())
    if (::chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0)
      throw std::runtime_error{"cannot give " + folder_ + " to postgres"};
  auto log = folder_ + "/log";
  auto made =
    launch({programs_ + "/initdb", "-D", folder_ + "/data", "-U", "owner", "-A",
            "trust", "-E", "UTF8", "--no-locale", "--no-sync"},
           log);
  int status = 0;
  ::waitpid(made, &status, 0);
  if (status != 0)
    throw std::runtime_error{"initdb failed: " + text_of(log)};
  port_ = free_port();
  start();
}

postgres_server::~postgres_server() {
  if (process_ != 0)
    stop_immediately();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void postgres_server::start(bool wait) {
  auto log = folder_ + "/log";
  process_ = launch({programs_ + "/postgres", "-D", folder_ + "/data", "-p",
                     std::to_string(port_), "-k", folder_, "-c",
                     "listen_addresses=127.0.0.1", "-c", "max_wal_size=2GB",
                     "-c", "shared_buffers=64MB"},
                    log);
  if (!wait)
    return;
  for (int i = 0; i < 300; ++i) {
    try {
      postgres_options with;
      with.url = url("owner", "postgres", port_);
      postgres::watchdog dog;
      postgres::session{with, dog};
      return;
    } catch (const std::exception&) {
      std::this_thread::sleep_for(50ms);
    }
  }
  throw std::runtime_error{"the PostgreSQL server does not accept: "
                           + text_of(log)};
}

void postgres_server::stop_immediately() {
  ::kill(process_, SIGQUIT);
  int status = 0;
  ::waitpid(process_, &status, 0);
  process_ = 0;
}

std::string postgres_server::url(const std::string& user,
                                 const std::string& database,
                                 std::uint16_t port) const {
  return "postgresql://" + user + ":secret@127.0.0.1:" + std::to_string(port)
         + "/" + database;
}

std::string postgres_server::owner_url() const {
  return url("owner", "postgres", port_);
}

std::string postgres_server::node_url() {
  return node_url(port_);
}

std::string postgres_server::node_url(std::uint16_t port) {
  migrate_once();
  return url("node", "postgres", port);
}

void postgres_server::migrate_once() {
  if (migrated_)
    return;
  postgres_options with;
  with.url = owner_url();
  migrate_postgres(with);
  execute("CREATE ROLE node LOGIN IN ROLE hansom_node");
  migrated_ = true;
}

void postgres_server::forget_everything() {
  migrate_once();
  execute("DELETE FROM hansom.journal; DELETE FROM hansom.entity_state;"
          "DELETE FROM hansom.claim; DELETE FROM hansom.command;"
          "DELETE FROM hansom.transfer; DELETE FROM hansom.shard_history;"
          "DELETE FROM hansom.revocation;"
          "DELETE FROM hansom.meta WHERE name = 'commands_since';"
          "DELETE FROM hansom.trip_history; DELETE FROM hansom.journal_base;"
          "DELETE FROM hansom.suspicion; DELETE FROM hansom.cut_link;"
          "DELETE FROM hansom.cluster_event;"
          "UPDATE hansom.node SET status = 5 WHERE status IN (1, 2, 3);"
          "UPDATE hansom.cluster_view SET paused = false;"
          "UPDATE hansom.shard SET owner = 0, epoch = 0, last_seq = 0, "
          "trimmed_seq = 0, pin = ''");
}

void postgres_server::execute(const std::string& sql) {
  postgres_options with;
  with.url = owner_url();
  postgres::watchdog dog;
  postgres::session{with, dog}.execute(sql);
}

std::string postgres_server::make_database(const std::string& name) {
  execute("CREATE DATABASE " + name);
  return url("owner", name, port_);
}

} // namespace hansom::store::testing
