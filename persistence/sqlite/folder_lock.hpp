#pragma once

#include <string>

namespace hansom::store::sqlite {

/// Exclusive right to a data folder, for as long as this object lives. The
/// kernel gives it back when the process dies, however it dies.
class folder_lock {
public:
  /// @throws std::runtime_error naming the process that holds it.
  explicit folder_lock(const std::string& folder);
  ~folder_lock();
  folder_lock(const folder_lock&) = delete;
  folder_lock& operator=(const folder_lock&) = delete;

private:
  int descriptor_;
};

/// Creates the folder (and its parents), mode 0700, and makes its name durable.
/// @throws std::runtime_error with the path and the reason.
void make_folder(const std::string& folder);

/// Makes the names of the files in `folder` durable.
void sync_folder(const std::string& folder);

} // namespace hansom::store::sqlite
