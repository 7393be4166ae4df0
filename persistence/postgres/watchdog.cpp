#include "persistence/postgres/watchdog.hpp"

#include <sys/socket.h>

#include <algorithm>

namespace hansom::store::postgres {

namespace {

/// Deadlines are seconds: a look so often is enough, and a statement need not
/// wake anybody.
constexpr std::chrono::milliseconds look_every{100};

} // namespace

watchdog::watchdog() : thread_{[this] { loop(); }} {
}

watchdog::~watchdog() {
  {
    std::lock_guard hold{mutex_};
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

watchdog::guard::guard(watchdog& owner, int socket, clock::duration within)
  : owner_{owner}, socket_{socket} {
  std::lock_guard hold{owner_.mutex_};
  owner_.deadlines_[socket] = clock::now() + within;
}

watchdog::guard::~guard() {
  std::lock_guard hold{owner_.mutex_};
  owner_.deadlines_.erase(socket_);
}

void watchdog::loop() {
  std::unique_lock hold{mutex_};
  while (!wake_.wait_for(hold, look_every, [this] { return stop_; })) {
    auto now = clock::now();
    for (auto& [socket, deadline] : deadlines_)
      if (deadline <= now)
        ::shutdown(socket, SHUT_RDWR); // Its user reads the end of the stream.
  }
}

} // namespace hansom::store::postgres
