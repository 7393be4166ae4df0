#include "persistence/sqlite/checkpointer.hpp"

#include <spdlog/spdlog.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>

namespace hansom::store::sqlite {

namespace {

constexpr int page_bytes = 4'096;

/// 128 MiB: large enough that a page which changes often is copied once for
/// many commits, small enough to replay in well under a second.
constexpr int most_pages = 32'768;
/// 1 MiB: below it a full disk would only be copied to and fro.
constexpr int fewest_pages = 256;

/// The last part is copied while writers wait: 8 MiB, some milliseconds.
constexpr int remainder_pages = 2'048;

} // namespace

int wal_pages_due(std::uintmax_t available) noexcept {
  auto half = available / 2 / page_bytes;
  return static_cast<int>(
    std::clamp<std::uintmax_t>(half, fewest_pages, most_pages));
}

checkpointer::checkpointer(std::string path,
                           std::shared_ptr<shared_state> shared)
  : path_{std::move(path)}, shared_{std::move(shared)} {
  look_for_room();
  thread_ = std::thread{[this] { loop(); }};
}

checkpointer::~checkpointer() {
  {
    std::lock_guard guard{mutex_};
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void checkpointer::note_wal_pages(int pages) noexcept {
  pages_.store(pages, std::memory_order_relaxed);
  if (is_due())
    wake_.notify_one();
}

void checkpointer::make_room() noexcept {
  room_wanted_.store(true, std::memory_order_relaxed);
  wake_.notify_one();
}

bool checkpointer::is_due() const noexcept {
  return pages_.load(std::memory_order_relaxed)
           >= due_pages_.load(std::memory_order_relaxed)
         || room_wanted_.load(std::memory_order_relaxed);
}

void checkpointer::look_for_room() noexcept {
  std::error_code error;
  auto disk = std::filesystem::space(path_, error);
  due_pages_.store(error ? most_pages : wal_pages_due(disk.available),
                   std::memory_order_relaxed);
}

void checkpointer::loop() {
  using namespace std::chrono_literals;
  bool warned = false; // Once for a series of failures.
  for (;;) {
    {
      std::unique_lock guard{mutex_};
      // The time-out makes up for a wake-up that came before the wait.
      wake_.wait_for(guard, 1s, [this] { return stop_ || is_due(); });
      if (stop_)
        return;
    }
    look_for_room();
    if (!is_due())
      continue;
    bool done = false;
    try {
      database db{path_, database::mode::existing};
      done = checkpoint(db);
      warned = false;
    } catch (const std::exception& e) {
      if (!warned)
        spdlog::warn("store: checkpoint failed, the WAL keeps growing: {}",
                     e.what());
      warned = true;
    }
    if (done)
      continue;
    std::unique_lock guard{mutex_};
    if (wake_.wait_for(guard, 500ms, [this] { return stop_; }))
      return;
  }
}

bool checkpointer::checkpoint(database& db) {
  // Without this the copied pages would not be flushed before the WAL restarts.
  db.execute("PRAGMA synchronous = FULL");
  int total = 0;
  int done = 0;
  auto passive = [&] {
    auto code = sqlite3_wal_checkpoint_v2(
      db.raw(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &total, &done);
    if (code != SQLITE_OK && code != SQLITE_BUSY)
      throw failure{code, sqlite3_errmsg(db.raw())};
  };
  // Beside the writer, until nearly everything is over.
  for (int round = 0; round < 4; ++round) {
    passive();
    if (pages_.load(std::memory_order_relaxed) - done < remainder_pages)
      break;
  }
  // The rest while it waits, so that the WAL can start from its beginning.
  std::lock_guard guard{shared_->gate};
  const bool is_short = due_pages_.load(std::memory_order_relaxed) < most_pages;
  auto mode = is_short || room_wanted_.load(std::memory_order_relaxed)
                ? SQLITE_CHECKPOINT_TRUNCATE
                : SQLITE_CHECKPOINT_RESTART;
  auto code = sqlite3_wal_checkpoint_v2(db.raw(), nullptr, mode, &total, &done);
  if (code == SQLITE_BUSY) // A reader still needs the old pages.
    return false;
  if (code != SQLITE_OK)
    throw failure{code, sqlite3_errmsg(db.raw())};
  pages_.store(0, std::memory_order_relaxed);
  room_wanted_.store(false, std::memory_order_relaxed);
  return true;
}

} // namespace hansom::store::sqlite
