#pragma once

#include "persistence/sqlite/shared.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

namespace hansom::store::sqlite {

/// @param available bytes that are free on the disk of the database.
/// @returns at how many pages of WAL they are moved into the database. That may
///          make it larger by as much as the WAL has, so the WAL leaves room
///          for it; on a large disk it grows for as long as that saves work.
[[nodiscard]] int wal_pages_due(std::uintmax_t available) noexcept;

/// Moves pages from the WAL into the database, on its own thread and
/// connection, so that a commit never stops to do it.
class checkpointer {
public:
  checkpointer(std::string path, std::shared_ptr<shared_state> shared);
  ~checkpointer();
  checkpointer(const checkpointer&) = delete;
  checkpointer& operator=(const checkpointer&) = delete;

  /// Tells how many pages the WAL has; cheap, any thread.
  void note_wal_pages(int pages) noexcept;

  /// The disk is full: empties the WAL as soon as that works, however short it
  /// is; any thread. Where the WAL itself is what fills the disk, nothing else
  /// would ever end that.
  void make_room() noexcept;

private:
  void loop();
  [[nodiscard]] bool is_due() const noexcept;
  void look_for_room() noexcept;
  /// @returns whether the WAL starts over now; a reader may forbid it.
  bool checkpoint(database& db);

  std::string path_;
  std::shared_ptr<shared_state> shared_;
  std::atomic<int> pages_{0};
  std::atomic<int> due_pages_{0}; ///< So many are moved; by the free space.
  std::atomic<bool> room_wanted_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false; ///< Guarded by `mutex_`.
  std::thread thread_;
};

} // namespace hansom::store::sqlite
