#include "persistence/sqlite/database.hpp"

#include <sqlite3.h>

namespace hansom::store::sqlite {

failure::failure(int code, const std::string& text)
  : std::runtime_error{text}, code_{code} {
}

bool failure::is_row_fault() const noexcept {
  auto primary = code_ & 0xff;
  return primary == SQLITE_CONSTRAINT || primary == SQLITE_MISMATCH
         || primary == SQLITE_TOOBIG;
}

bool failure::is_disk_full() const noexcept {
  return (code_ & 0xff) == SQLITE_FULL;
}

namespace {

[[noreturn]] void fail(sqlite3* db, const std::string& what) {
  auto code = sqlite3_extended_errcode(db);
  throw failure{code, what + ": " + sqlite3_errmsg(db) + " (SQLite code "
                        + std::to_string(code) + ")"};
}

} // namespace

database::database(const std::string& path, mode how) {
  auto flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  if (how == mode::create)
    flags |= SQLITE_OPEN_CREATE;
  auto code = sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr);
  if (code == SQLITE_OK)
    return;
  std::string why = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  sqlite3_close_v2(handle_);
  throw failure{code, "cannot open " + path + ": " + why};
}

database::~database() {
  sqlite3_close_v2(handle_);
}

void database::execute(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    fail(handle_, sql);
}

void database::roll_back() noexcept {
  // After a full disk SQLite has rolled back by itself.
  if (sqlite3_get_autocommit(handle_) == 0)
    sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

std::int64_t database::changes() const noexcept {
  return sqlite3_changes64(handle_);
}

statement::statement(database& db, std::string_view sql) : db_{db.raw()} {
  auto code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                 SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
  if (code != SQLITE_OK)
    fail(db_, "cannot prepare " + std::string{sql});
}

statement::~statement() {
  sqlite3_finalize(handle_);
}

void statement::bind_one(int index, std::int64_t value) {
  if (sqlite3_bind_int64(handle_, index, value) != SQLITE_OK)
    fail(db_, sqlite3_sql(handle_));
}

void statement::bind_one(int index, std::string_view value) {
  // A null pointer would be bound as NULL, an empty text is no NULL.
  auto data = value.data() ? value.data() : "";
  if (sqlite3_bind_text64(handle_, index, data, value.size(), SQLITE_STATIC,
                          SQLITE_UTF8)
      != SQLITE_OK)
    fail(db_, sqlite3_sql(handle_));
}

void statement::bind_one(int index, std::nullptr_t) {
  if (sqlite3_bind_null(handle_, index) != SQLITE_OK)
    fail(db_, sqlite3_sql(handle_));
}

bool statement::step() {
  switch (sqlite3_step(handle_)) {
  case SQLITE_ROW:
    return true;
  case SQLITE_DONE:
    return false;
  default:
    break;
  }
  try {
    fail(db_, sqlite3_sql(handle_));
  } catch (...) {
    reset();
    throw;
  }
}

void statement::run() {
  while (step())
    continue;
  reset();
}

void statement::reset() noexcept {
  sqlite3_reset(handle_);
}

std::int64_t statement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}

std::string statement::text(int column) const {
  auto data = sqlite3_column_text(handle_, column);
  if (!data)
    return {};
  auto size = sqlite3_column_bytes(handle_, column);
  return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
}

bool statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

} // namespace hansom::store::sqlite
