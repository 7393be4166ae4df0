#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace hansom::store::testing {

/// A private PostgreSQL server for a test program: own data folder under /tmp,
/// own port, started at the first use and gone with the process. As root it
/// runs as user postgres.
class postgres_server {
public:
  /// @throws std::runtime_error saying which package is missing, or what the
  ///         server said.
  static postgres_server& instance();

  ~postgres_server();
  postgres_server(const postgres_server&) = delete;
  postgres_server& operator=(const postgres_server&) = delete;

  /// The schema's owner.
  [[nodiscard]] std::string owner_url() const;
  /// A member of hansom_node; the schema is migrated when this returns.
  [[nodiscard]] std::string node_url();
  /// The same through another port: a proxy's.
  [[nodiscard]] std::string node_url(std::uint16_t port);

  /// Empties all tables of the node's database.
  void forget_everything();
  /// Runs SQL as the owner.
  void execute(const std::string& sql);

  /// Makes a new empty database. @returns its owner's URL.
  std::string make_database(const std::string& name);

  /// As after a power failure: no farewell to anybody, no checkpoint.
  void stop_immediately();
  /// Returns at once, or when the server accepts.
  void start(bool wait = true);

  [[nodiscard]] std::uint16_t port() const noexcept {
    return port_;
  }

private:
  postgres_server();
  void migrate_once();
  [[nodiscard]] std::string url(const std::string& user,
                                const std::string& database,
                                std::uint16_t port) const;

  std::string programs_; ///< Folder with initdb and postgres.
  std::string folder_;
  std::uint16_t port_ = 0;
  pid_t process_ = 0;
  bool migrated_ = false;
};

} // namespace hansom::store::testing
