#pragma once

#include "persistence/sqlite/shared.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <string>
#include <thread>

namespace hansom::store::sqlite {

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
  /// @returns whether the WAL starts over now; a reader may forbid it.
  bool checkpoint(database& db);

  std::string path_;
  std::shared_ptr<shared_state> shared_;
  std::atomic<int> pages_{0};
  std::atomic<bool> room_wanted_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false; ///< Guarded by `mutex_`.
  std::thread thread_;
};

} // namespace hansom::store::sqlite
