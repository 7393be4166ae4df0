#include "persistence/sqlite/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace hansom::store::sqlite {

namespace {

[[noreturn]] void fail(const std::string& what, int error) {
  throw std::runtime_error{what + ": " + std::strerror(error)};
}

std::string read_holder(int descriptor) {
  char text[32] = {};
  auto n = ::pread(descriptor, text, sizeof text - 1, 0);
  std::string out{text, n > 0 ? static_cast<std::size_t>(n) : 0};
  while (!out.empty() && out.back() == '\n')
    out.pop_back();
  return out.empty() ? "another process" : "process " + out;
}

} // namespace

folder_lock::folder_lock(const std::string& folder) {
  auto path = folder + "/lock";
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ < 0)
    fail("cannot open the lock file " + path, errno);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    auto error = errno;
    auto holder = read_holder(descriptor_);
    ::close(descriptor_);
    if (error != EWOULDBLOCK)
      fail("cannot lock " + path, error);
    throw std::runtime_error{"the data folder " + folder + " is in use by "
                             + holder + " (lock file " + path
                             + "): stop it or choose another folder"};
  }
  auto pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor_, 0) != 0
      || ::pwrite(descriptor_, pid.data(), pid.size(), 0)
           != static_cast<ssize_t>(pid.size())) {
    auto error = errno;
    ::close(descriptor_);
    fail("cannot write the lock file " + path, error);
  }
}

folder_lock::~folder_lock() {
  // The file stays: removing it would let two processes lock two files of the
  // same name.
  ::close(descriptor_);
}

void make_folder(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::is_directory(folder, error))
    return;
  auto parent = fs::absolute(folder).lexically_normal();
  if (!parent.has_filename())
    parent = parent.parent_path();
  parent = parent.parent_path();
  fs::create_directories(parent, error);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    fail("cannot create the data folder " + folder, errno);
  if (!fs::is_directory(folder, error))
    throw std::runtime_error{"the data folder " + folder
                             + " is not a directory"};
  sync_folder(parent.string());
}

void sync_folder(const std::string& folder) {
  auto descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0)
    fail("cannot open the folder " + folder, errno);
  auto code = ::fsync(descriptor);
  auto error = errno;
  ::close(descriptor);
  if (code != 0)
    fail("cannot sync the folder " + folder, error);
}

} // namespace hansom::store::sqlite
