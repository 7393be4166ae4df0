#include "persistence/backup.hpp"

#include "persistence/sqlite/database.hpp"
#include "persistence/sqlite/folder_lock.hpp"
#include "persistence/sqlite/schema.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

namespace hansom::store {

namespace {

namespace fs = std::filesystem;
using sqlite::database;
using sqlite::statement;

/// About 16 MiB between two words of progress.
constexpr int pages_a_step = 4096;

std::string parent_of(const std::string& file) {
  auto folder = fs::path{file}.parent_path().string();
  return folder.empty() ? "." : folder;
}

/// Writes what the kernel holds of a file to the disk, and its name.
void make_durable(const std::string& file) {
  auto descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  auto fine = descriptor >= 0 && ::fsync(descriptor) == 0;
  auto why = errno;
  if (descriptor >= 0)
    ::close(descriptor);
  if (!fine)
    throw std::runtime_error{file + ": " + std::strerror(why)};
  sqlite::sync_folder(parent_of(file));
}

/// A copy under way: gone unless it is told to stay.
class draft {
public:
  explicit draft(std::string path) : path_{std::move(path)} {
    std::error_code ignored;
    fs::remove(path_, ignored); // Of a copy that was killed.
  }
  ~draft() {
    std::error_code ignored;
    for (auto* suffix : {"", "-journal", "-wal", "-shm"})
      fs::remove(path_ + suffix, ignored);
  }
  draft(const draft&) = delete;
  draft& operator=(const draft&) = delete;

  [[nodiscard]] const std::string& path() const noexcept {
    return path_;
  }
  /// Never replaces a file.
  void become(const std::string& file) {
    make_durable(path_);
    if (::link(path_.c_str(), file.c_str()) != 0)
      throw std::runtime_error{file + ": " + std::strerror(errno)};
    make_durable(file);
  }

private:
  std::string path_;
};

void copy(database& from, database& to,
          const std::function<void(int, int)>& progress) {
  struct finish {
    void operator()(sqlite3_backup* x) const noexcept {
      sqlite3_backup_finish(x);
    }
  };
  std::unique_ptr<sqlite3_backup, finish> job{
    sqlite3_backup_init(to.raw(), "main", from.raw(), "main")};
  if (!job)
    throw std::runtime_error{sqlite3_errmsg(to.raw())};
  for (auto code = SQLITE_OK; code != SQLITE_DONE;) {
    code = sqlite3_backup_step(job.get(), pages_a_step);
    if (code != SQLITE_OK && code != SQLITE_DONE)
      throw std::runtime_error{std::string{"the copy failed: "}
                               + sqlite3_errstr(code)};
    auto total = sqlite3_backup_pagecount(job.get());
    progress(total - sqlite3_backup_remaining(job.get()), total);
  }
}

void verify_copy(const std::string& path) {
  database db{path, database::mode::existing};
  db.execute("PRAGMA query_only = 1");
  statement check{db, "PRAGMA quick_check(1)"};
  auto said = check.step() ? check.text(0) : std::string{"no answer"};
  if (said != "ok")
    throw std::runtime_error{path + " is damaged: " + said};
  check.reset();
  sqlite::check_schema(db);
}

} // namespace

void backup_sqlite(const std::string& folder, const std::string& file,
                   const std::function<void(int, int)>& progress) {
  if (fs::exists(file))
    throw std::runtime_error{file + " exists; a copy replaces nothing"};
  draft now{file + ".part"};
  {
    database from{folder + "/hansom.db", database::mode::existing};
    int unused = 0;
    sqlite3_db_config(from.raw(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, &unused);
    sqlite3_busy_timeout(from.raw(), 5'000);
    // One moment for all pages: while this reads, commits do not begin the copy
    // again.
    from.execute("PRAGMA query_only = 1; BEGIN");
    statement pin{from, "SELECT count(*) FROM meta"};
    pin.step();
    pin.reset();
    database to{now.path(), database::mode::create};
    copy(from, to, progress);
    // A copy is one file.
    to.execute("PRAGMA journal_mode = DELETE");
  }
  verify_copy(now.path());
  now.become(file);
}

void restore_sqlite(const std::string& file, const std::string& folder) {
  sqlite::make_folder(folder);
  sqlite::folder_lock lock{folder};
  auto path = folder + "/hansom.db";
  if (fs::exists(path))
    throw std::runtime_error{path + " exists; a restore replaces nothing"};
  draft now{path + ".part"};
  std::error_code why;
  if (!fs::copy_file(file, now.path(), why))
    throw std::runtime_error{file + " cannot be copied to " + now.path() + ": "
                             + why.message()};
  verify_copy(now.path());
  now.become(path);
}

} // namespace hansom::store
