#pragma once

#include "persistence/postgres/postgres.hpp"
#include "persistence/postgres/watchdog.hpp"

#include <pqxx/connection>
#include <pqxx/result>

#include <initializer_list>

namespace hansom::store::postgres {

/// An error of the server or of the way to it.
class failure : public std::runtime_error {
public:
  failure(const std::string& what, std::string state)
    : std::runtime_error{what}, state_{std::move(state)} {
  }

  /// SQLSTATE; empty when the connection broke.
  [[nodiscard]] const std::string& state() const noexcept {
    return state_;
  }
  /// The server may have done what it was asked, or not.
  [[nodiscard]] bool outcome_unknown() const noexcept;
  /// Two transactions got in each other's way; try again at once.
  [[nodiscard]] bool is_collision() const noexcept;
  /// A value of a row is the reason: another row would do.
  [[nodiscard]] bool is_row_fault() const noexcept;
  /// No table or function of that name: the schema is not what it should be.
  [[nodiscard]] bool is_schema_fault() const noexcept;

private:
  std::string state_;
};

/// A backend of the server, told from a later one of the same number.
struct backend {
  int process = 0;
  std::string started;
};

/// What the server shows as the program's name; tells a dead member's processes
/// from others.
std::string backend_name(incarnation self);

/// One connection with the settings that the design asks for, and with a
/// deadline for each statement. One thread at a time.
class session {
public:
  /// @throws failure.
  session(const postgres_options& with, watchdog& dog);

  void prepare(const char* name, const std::string& sql);

  /// Runs a prepared statement with parameters in text form.
  pqxx::result run(const char* name,
                   const std::vector<std::string>& parameters = {});
  /// The same in binary form.
  pqxx::result run_binary(const char* name,
                          const std::vector<std::string>& parameters);
  /// Runs one or more statements as they are.
  pqxx::result execute(const std::string& sql);
  /// The same. @returns the first value; empty when there is none.
  std::string value(const std::string& sql);
  /// As `execute`, without a deadline.
  pqxx::result execute_patiently(const std::string& sql);

  /// Reads a query row by row through a cursor, so that memory stays small.
  void scan(const std::string& query,
            const std::function<void(const pqxx::row&)>& visit);

  /// Each statement may take so long from now on.
  void give_time(std::chrono::milliseconds x) noexcept {
    deadline_ = x;
  }

  [[nodiscard]] const backend& which() const noexcept {
    return backend_;
  }

private:
  void set_up(const postgres_options& with);
  template <class F>
  pqxx::result guarded(bool hurry, F f);

  watchdog& dog_;
  std::chrono::milliseconds deadline_;
  std::unique_ptr<pqxx::connection> connection_;
  backend backend_;
  int scans_ = 0;
  bool lost_ = false;
};

/// Adds to a connection string what it leaves open: timeouts of the connection
/// and the program's name. @throws std::runtime_error when it is malformed.
std::string complete_url(const std::string& url);

} // namespace hansom::store::postgres
