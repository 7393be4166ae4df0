// A wire that is slow and loses frames, for kernels without netem: two TAP
// devices, one here and one in another process's network namespace, and frames
// carried between them.
//
//   slow_wire NAME_HERE PID NAME_THERE SEED
//
// makes both devices and prints "ready". Each line of standard input, "DELAY_MS
// JITTER_MS LOSS_PERCENT", says how it is from then on; at first it is quick. A
// frame takes the delay give or take the jitter, so that some overtake others.
// The devices go with the process, which ends with its standard input or with
// its parent. Needs the right to make devices in both namespaces.

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <queue>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

constexpr std::size_t frame_max = 65'536;
/// Beyond so many on their way frames are lost, as in any queue.
constexpr std::size_t waiting_max = 10'000;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error{errno, std::generic_category(), what};
}

int open_tap(const std::string& name) {
  int fd = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    fail("/dev/net/tun");
  ifreq wanted{};
  if (name.size() >= sizeof wanted.ifr_name)
    throw std::runtime_error{name + ": too long for a device"};
  std::memcpy(wanted.ifr_name, name.data(), name.size());
  wanted.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (::ioctl(fd, TUNSETIFF, &wanted) != 0)
    fail(name);
  return fd;
}

/// The device belongs to the namespace in which it was made.
int open_tap_in(const std::string& pid, const std::string& name) {
  int here = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  int there =
    ::open(("/proc/" + pid + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC);
  if (here < 0 || there < 0 || ::setns(there, CLONE_NEWNET) != 0)
    fail("the namespace of process " + pid);
  int fd = open_tap(name);
  if (::setns(here, CLONE_NEWNET) != 0)
    fail("the way back");
  ::close(here);
  ::close(there);
  return fd;
}

struct frame {
  clock_type::time_point due;
  int to = -1;
  std::string bytes;

  bool operator<(const frame& x) const {
    return due > x.due;
  }
};

struct slowness {
  std::chrono::microseconds delay{0};
  std::chrono::microseconds jitter{0};
  double loss = 0;
  std::mt19937_64 random;
};

/// @returns `false` at the end of what is said.
bool listen_to(int from, std::string& said, slowness& how) {
  std::array<char, 256> piece{};
  const auto n = ::read(from, piece.data(), piece.size());
  if (n <= 0)
    return n < 0 && errno == EINTR;
  said.append(piece.data(), static_cast<std::size_t>(n));
  for (auto end = said.find('\n'); end != said.npos; end = said.find('\n')) {
    std::istringstream line{said.substr(0, end)};
    said.erase(0, end + 1);
    double delay_ms = 0;
    double jitter_ms = 0;
    double percent = 0;
    if (!(line >> delay_ms >> jitter_ms >> percent))
      throw std::runtime_error{"a line is DELAY_MS JITTER_MS LOSS_PERCENT"};
    using us = std::chrono::microseconds;
    how.delay = us{static_cast<std::int64_t>(delay_ms * 1000)};
    how.jitter = us{static_cast<std::int64_t>(jitter_ms * 1000)};
    how.loss = percent / 100;
  }
  return true;
}

/// Takes all that one device has to say.
void take(int from, int to, slowness& how,
          std::priority_queue<frame>& waiting) {
  std::array<char, frame_max> piece; // NOLINT: filled by read
  for (;;) {
    const auto n = ::read(from, piece.data(), piece.size());
    if (n <= 0)
      return;
    std::uniform_real_distribution<double> chance{0, 1};
    if (chance(how.random) < how.loss || waiting.size() >= waiting_max)
      continue;
    std::uniform_int_distribution<std::int64_t> extra{-how.jitter.count(),
                                                      how.jitter.count()};
    waiting.push({clock_type::now() + how.delay
                    + std::chrono::microseconds{extra(how.random)},
                  to, std::string{piece.data(), static_cast<std::size_t>(n)}});
  }
}

int wait_ms(const std::priority_queue<frame>& waiting) {
  if (waiting.empty())
    return 1000;
  auto left = std::chrono::ceil<std::chrono::milliseconds>(waiting.top().due
                                                           - clock_type::now());
  return left.count() < 0 ? 0 : static_cast<int>(left.count());
}

void carry(int here, int there, slowness how) {
  std::priority_queue<frame> waiting;
  std::string said;
  std::array<pollfd, 3> ends{
    {{STDIN_FILENO, POLLIN, 0}, {here, POLLIN, 0}, {there, POLLIN, 0}}};
  for (;;) {
    if (::poll(ends.data(), ends.size(), wait_ms(waiting)) < 0
        && errno != EINTR)
      fail("poll");
    if (ends[0].revents != 0 && !listen_to(STDIN_FILENO, said, how))
      return;
    take(here, there, how, waiting);
    take(there, here, how, waiting);
    while (!waiting.empty() && waiting.top().due <= clock_type::now()) {
      // A device that is down or full loses it.
      (void)!::write(waiting.top().to, waiting.top().bytes.data(),
                     waiting.top().bytes.size());
      waiting.pop();
    }
  }
}

} // namespace

int main(int argc, char** argv) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (argc != 5) {
    std::fputs("slow_wire NAME_HERE PID NAME_THERE SEED\n", stderr);
    return 2;
  }
  try {
    const std::vector<std::string> given{argv + 1, argv + argc};
    slowness how;
    how.random.seed(std::stoull(given[3]));
    int here = open_tap(given[0]);
    int there = open_tap_in(given[1], given[2]);
    std::puts("ready");
    std::fflush(stdout);
    carry(here, there, how);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "slow_wire: %s\n", e.what());
    return 1;
  }
  return 0;
}
