#include "cluster/mesh/node_identity.hpp"

#include <caf/detail/get_process_id.hpp>
#include <sys/random.h>
#include <unistd.h>

namespace hansom {

namespace {

std::uint32_t draw() noexcept {
  std::uint32_t x = 0;
  while (x == 0)
    if (::getrandom(&x, sizeof x, 0) != sizeof x)
      x = static_cast<std::uint32_t>(::getpid());
  return x;
}

} // namespace

std::uint32_t process_identity() noexcept {
  struct drawn {
    std::uint32_t value = draw();
    pid_t by = ::getpid();
  };
  static const drawn mine;
  // A forked child is another process.
  return mine.value ^ static_cast<std::uint32_t>(::getpid() - mine.by);
}

} // namespace hansom

/// Takes the place of CAF's own, which lives in a shared library: the program's
/// definition comes first. `mesh::start` checks that it did.
unsigned caf::detail::get_process_id() {
  return hansom::process_identity();
}
