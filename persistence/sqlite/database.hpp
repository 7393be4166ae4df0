#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

/// Small owners around SQLite's C interface. Private to persistence/sqlite.
namespace hansom::store::sqlite {

/// A call to SQLite that failed. Turned into `unavailable_error` or into an
/// outcome before it leaves the store.
class failure : public std::runtime_error {
public:
  failure(int code, const std::string& text);

  /// @returns whether the row is to blame (constraint, type, size) and not the
  ///          disk or a lock.
  [[nodiscard]] bool is_row_fault() const noexcept;

  /// @returns whether the disk has no room left.
  [[nodiscard]] bool is_disk_full() const noexcept;

private:
  int code_;
};

/// Owns one SQLite handle. Not thread-safe.
class database {
public:
  enum class mode { create, existing };

  /// Opens `path`; ":memory:" gives a private database.
  /// @throws failure with the path and SQLite's reason.
  database(const std::string& path, mode how);
  ~database();
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  /// Runs one or several statements that return nothing of interest.
  void execute(const char* sql);
  void execute(const std::string& sql) {
    execute(sql.c_str());
  }
  /// Rolls back if a transaction is open; never throws.
  void roll_back() noexcept;
  /// @returns rows that the last statement changed.
  [[nodiscard]] std::int64_t changes() const noexcept;

  [[nodiscard]] sqlite3* raw() const noexcept {
    return handle_;
  }

private:
  sqlite3* handle_ = nullptr;
};

/// A prepared statement. Parameters count from 1, columns from 0. Text is bound
/// without a copy and must outlive the next `step`.
class statement {
public:
  statement(database& db, std::string_view sql);
  ~statement();
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;

  template <class... Ts>
  statement& bind(const Ts&... values) {
    int index = 0;
    (bind_one(++index, values), ...);
    return *this;
  }
  void bind_one(int index, std::int64_t value);
  void bind_one(int index, std::uint64_t value) {
    bind_one(index, static_cast<std::int64_t>(value));
  }
  void bind_one(int index, std::uint32_t value) {
    bind_one(index, static_cast<std::int64_t>(value));
  }
  void bind_one(int index, int value) {
    bind_one(index, static_cast<std::int64_t>(value));
  }
  void bind_one(int index, std::string_view value);
  void bind_one(int index, const std::string& value) {
    bind_one(index, std::string_view{value});
  }
  void bind_one(int index, std::nullptr_t);

  /// @returns whether a row is there. @throws failure
  bool step();
  /// Runs to the end and makes ready for the next use. @throws failure
  void run();
  void reset() noexcept;

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::uint64_t natural(int column) const {
    return static_cast<std::uint64_t>(integer(column));
  }
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] bool is_null(int column) const;

private:
  sqlite3_stmt* handle_ = nullptr;
  sqlite3* db_;
};

/// Resets a cached statement at the end of a scope: an open read statement
/// would hold its snapshot and keep the WAL from starting over.
class reset_guard {
public:
  explicit reset_guard(statement& x) noexcept : statement_{x} {
  }
  ~reset_guard() {
    statement_.reset();
  }
  reset_guard(const reset_guard&) = delete;
  reset_guard& operator=(const reset_guard&) = delete;

private:
  statement& statement_;
};

} // namespace hansom::store::sqlite
