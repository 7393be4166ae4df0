#include "cluster/program/point_in_time.hpp"

#include "cluster/check/check.hpp"
#include "cluster/program/exit_codes.hpp"
#include "cluster/program/moment.hpp"
#include "cluster/program/tools.hpp"
#include "persistence/backup.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

namespace hansom::verbs {

namespace {

namespace fs = std::filesystem;

constexpr const char* how_to_archive =
  "  In postgresql.conf, then restart the server:\n"
  "    archive_mode = on\n"
  "    archive_command = 'test ! -f /archive/%f && cp %p /archive/%f'\n"
  "    archive_timeout = 60\n"
  "  On a disk that does not fail with the server's.\n";

/// In a base: when it was complete. The server itself would take an earlier
/// moment for this one, without a word.
constexpr const char* end_file = "hansom_base_end";

/// What a server answers while it replays its log.
constexpr const char* not_yet = "the database system is";

std::uint16_t free_port() {
  const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  const auto fine =
    s >= 0 && ::bind(s, reinterpret_cast<sockaddr*>(&at), size) == 0
    && ::getsockname(s, reinterpret_cast<sockaddr*>(&at), &size) == 0;
  ::close(s);
  if (!fine)
    throw std::runtime_error{"no free port on 127.0.0.1"};
  return ntohs(at.sin_port);
}

std::string first_line(const fs::path& file) {
  std::ifstream in{file};
  std::string out;
  std::getline(in, out);
  return out;
}

/// The version of the server's programs is that of its files.
std::string program(const std::string& base, const std::string& name) {
  if (auto* named = std::getenv("HANSOM_POSTGRES_BIN"); named && *named)
    return (fs::path{named} / name).string();
  auto debian = "/usr/lib/postgresql/"
                + first_line(fs::path{base} / "PG_VERSION") + "/bin/" + name;
  return fs::exists(debian) ? debian : name;
}

/// Inside 'quotes' of postgresql.conf.
std::string quoted(const std::string& text) {
  std::string out;
  for (auto c : text)
    out += c == '\'' ? "''" : std::string(1, c);
  return out;
}

/// What is not in the files: Debian keeps a server's settings elsewhere.
void complete(const fs::path& place) {
  if (!fs::exists(place / "postgresql.conf"))
    std::ofstream{place / "postgresql.conf"} << "# Put yours here.\n";
  if (!fs::exists(place / "pg_hba.conf"))
    std::ofstream{place / "pg_hba.conf"}
      << "local all all peer\nhost all all 127.0.0.1/32 scram-sha-256\n";
}

void aim(const moment_options& x) {
  const fs::path place{x.place};
  const std::ofstream signal{place / "recovery.signal"}; // That it is there.
  auto seconds = moment_text(x.until);
  // "2026-05-04T17:59:00Z" with its milliseconds, as the server reads it.
  auto text = seconds.substr(0, 10) + ' ' + seconds.substr(11, 8);
  auto ms = std::to_string(1'000 + x.until.ms % 1'000).substr(1);
  std::ofstream out{place / "postgresql.auto.conf", std::ios::app};
  out << "restore_command = 'cp \"" << quoted(fs::absolute(x.archive).string())
      << "/%f\" \"%p\"'\n"
      << "recovery_target_time = '" << text << '.' << ms << "+00'\n"
      << "recovery_target_action = 'promote'\n";
  if (!out.flush())
    throw std::runtime_error{"cannot write in " + x.place};
}

void give_to(const std::string& user, const fs::path& place) {
  if (::geteuid() != 0)
    return;
  auto* who = ::getpwnam(user.c_str());
  if (!who)
    throw std::runtime_error{"there is no user " + user
                             + " to run the server as"};
  auto give = [&](const fs::path& x) {
    if (::lchown(x.c_str(), who->pw_uid, who->pw_gid) != 0)
      throw std::runtime_error{"cannot give " + x.string() + " to " + user};
  };
  give(place);
  for (auto& x : fs::recursive_directory_iterator{place})
    give(x.path());
}

/// The server's last words, for who has to find out.
void show_log(const fs::path& log) {
  std::ifstream in{log};
  for (std::string line; std::getline(in, line);)
    if ((line.find("FATAL") != std::string::npos
         || line.find("ERROR") != std::string::npos)
        && line.find(not_yet) == std::string::npos)
      std::cerr << "  " << line << '\n';
}

/// A server that runs until this goes.
class running {
public:
  running(const moment_options& x, std::uint16_t port)
    : what_{x}, port_{port}, log_{fs::path{x.place} / "recovery.log"} {
  }
  ~running() {
    if (up_ && fs::exists(fs::path{what_.place} / "postmaster.pid"))
      run_tool(call({"-m", "fast", "-w", "-s", "stop"}));
  }
  running(const running&) = delete;
  running& operator=(const running&) = delete;

  /// @returns whether it runs; it takes connections when it has come to the
  ///          moment.
  bool start() {
    // Nobody is let in before the moment; nothing goes into the archive, which
    // belongs to the server that is being copied.
    auto settings = "-c port=" + std::to_string(port_)
                    + " -c listen_addresses=127.0.0.1"
                      " -c unix_socket_directories= -c hot_standby=off"
                      " -c archive_mode=off -c logging_collector=off"
                      " -c log_destination=stderr -c ssl=off";
    up_ = run_tool(call({"-l", log_.string(), "-o", settings, "-w", "-s", "-t",
                         "86400", "start"}));
    return up_;
  }

  /// However long that takes. @returns whether it came to the moment.
  bool wait_for(store::factory& connections) {
    while (fs::exists(fs::path{what_.place} / "postmaster.pid"))
      try {
        connections.open();
        return true;
      } catch (const store::unavailable_error& e) {
        const std::string why = e.what();
        for (auto* for_good : {"authentication", "does not exist", "pg_hba"})
          if (why.find(for_good) != why.npos)
            throw;
        std::this_thread::sleep_for(std::chrono::milliseconds{200});
      }
    up_ = false;
    return false;
  }

  void explain() const {
    show_log(log_);
    std::cerr << "hansom: the server did not come to that moment; its words "
                 "are above and in "
              << log_.string() << '\n';
  }

private:
  [[nodiscard]] tool_call call(std::vector<std::string> words) const {
    words.insert(words.begin(),
                 {program(what_.base, "pg_ctl"), "-D", what_.place});
    return {std::move(words), {}, what_.user};
  }

  const moment_options& what_;
  std::uint16_t port_;
  fs::path log_;
  bool up_ = false;
};

/// The same login, at the new server.
store::postgres_options login(const store::postgres_options& with,
                              std::uint16_t port) {
  store::postgres_options out = with;
  out.read_only = true;
  out.url = store::postgres_at(with.url, "127.0.0.1", port);
  return out;
}

int refuse(const std::string& why) {
  std::cerr << "hansom: " << why << '\n';
  return exit_refused;
}

/// Rounded up: what happened within the second may be in the base.
bool write_end(const std::string& folder, timestamp complete) {
  std::ofstream out{fs::path{folder} / end_file};
  out << moment_text({complete.ms + 999}) << '\n';
  return static_cast<bool>(out.flush());
}

/// Whether the base was complete at the moment that is wanted.
int judge_end(const moment_options& what) {
  auto text = first_line(fs::path{what.base} / end_file);
  timestamp end;
  if (!parse_moment(text, {}, end)) {
    std::cerr << "hansom: " << what.base << " does not say when it was "
              << "complete (" << end_file
              << "): its backup has not ended; take another one\n";
    return exit_failed;
  }
  if (what.until >= end)
    return exit_done;
  std::cerr << "hansom: --until: the base was complete at " << text << "; "
            << moment_text(what.until) << " needs an older one\n";
  return exit_usage;
}

} // namespace

int backup_base(const store::postgres_options& from,
                const std::string& folder) {
  auto name = store::describe_postgres(from.url);
  if (auto why = store::why_no_archive(from); !why.empty()) {
    std::cerr << "hansom: " << name << ' ' << why
              << ", so no moment of the past could be restored\n"
              << how_to_archive;
    return exit_refused;
  }
  std::cerr << "copying the files of " << name << '\n';
  if (!run_tool({{"pg_basebackup", "-D", folder, "-c", "fast", "--no-password"},
                 store::postgres_environment(from.url),
                 {}})) {
    std::cerr << "hansom: pg_basebackup failed; the login needs the right of "
                 "REPLICATION, and pg_hba.conf has to let it\n";
    return exit_failed;
  }
  if (!write_end(folder, store::postgres_time(from))) {
    std::cerr << "hansom: cannot write in " << folder << ": without "
              << end_file << " this base cannot be restored\n";
    return exit_failed;
  }
  std::cout << "a base of " << name << " is in " << folder
            << "; with the archive: hansom restore --from " << folder
            << " --archive DIR --until TIME --data NEW\n";
  return exit_done;
}

int restore_moment(const moment_options& what,
                   const store::postgres_options& with) {
  if (!fs::exists(fs::path{what.base} / "backup_label")) {
    std::cerr << "hansom: " << what.base
              << " is no base copy: hansom backup --base makes one\n";
    return exit_not_found;
  }
  if (!fs::is_directory(what.archive)) {
    std::cerr << "hansom: --archive: there is no folder \"" << what.archive
              << "\"; expected where archive_command puts the log\n";
    return exit_not_found;
  }
  if (auto code = judge_end(what); code != exit_done)
    return code;
  if (fs::exists(what.place))
    return refuse(what.place + " exists; a restore replaces nothing");
  std::cerr << "copying " << what.base << '\n';
  fs::create_directories(what.place);
  fs::copy(what.base, what.place,
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  fs::permissions(what.place, fs::perms::owner_all);
  complete(what.place);
  aim(what);
  give_to(what.user, what.place);
  std::cerr << "replaying the archive until " << moment_text(what.until)
            << '\n';
  const auto port = free_port();
  running server{what, port};
  auto restored = store::make_postgres(login(with, port));
  if (!server.start() || !server.wait_for(*restored)) {
    server.explain();
    return exit_failed;
  }
  restored->open()->migrate(); // Which only verifies the schema.
  const auto code = run_check(*restored, std::cout, false);
  std::cout << what.place << ", as of " << moment_text(what.until)
            << (code == 0 ? ": restored and sound\n"
                          : ": restored, but it is not sound\n");
  return code == 0 ? exit_done : exit_failed;
}

} // namespace hansom::verbs
