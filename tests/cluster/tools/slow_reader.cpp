// Clients that ask without end and hardly read: riders who want quotes, a
// hundred and more a second, and take 100 bytes a second of the answers. One
// line for each, when the server has ended the connection:
//
//   closed MS       milliseconds after its first question
//   open MS         not until the end
//
// Ends when all are closed, after --seconds, or with the process that started
// it. Exit code 1 when one never got in.

#include "bench/fleet/token.hpp"
#include "bench/fleet/ws_codec.hpp"
#include "protocol/json/json.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace hansom;
using clock_type = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::uint64_t first_rider = 9'500'001;

struct options {
  std::string url;
  std::string key_file;
  int clients = 10;
  int asks_per_s = 100;
  int bytes_per_s = 100;
  int seconds = 20;
};

void send_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    auto n = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0)
      throw std::runtime_error{"the connection broke at once"};
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

class slow_client {
public:
  slow_client(const options& with, const std::string& secret, int number)
    : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    auto to = fleet::parse_url(with.url);
    int little = 2048; // What the kernel keeps, the client has not read.
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(to.port);
    ::inet_pton(AF_INET, to.host.c_str(), &at.sin_addr);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0)
      throw std::runtime_error{"cannot connect to " + with.url};
    auto rider = first_rider + static_cast<std::uint64_t>(number);
    auto key = fleet::make_key(rider, 1);
    send_all(fd_, fleet::upgrade_request(to, key));
    if (auto why = fleet::check_upgrade(read_head(), key); !why.empty())
      throw std::runtime_error{why};
    hello body;
    body.token =
      fleet::make_token(secret, "rider", rider, std::time(nullptr), 3600);
    ask_frame(encode_frame("", body));
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
    began_ = clock_type::now();
  }
  ~slow_client() {
    ::close(fd_);
  }
  slow_client(const slow_client&) = delete;
  slow_client& operator=(const slow_client&) = delete;

  /// @returns whether the connection is still there.
  bool step(const options& with, double passed_s) {
    pollfd look{fd_, POLLRDHUP, 0};
    if (::poll(&look, 1, 0) > 0
        && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0)
      return false;
    reads_ += passed_s * with.bytes_per_s;
    asks_ += passed_s * with.asks_per_s;
    if (reads_ >= 1) {
      char some[64];
      auto n = std::min(reads_, double{sizeof some});
      auto got = ::recv(fd_, some, static_cast<std::size_t>(n), 0);
      if (got == 0)
        return false;
      reads_ = std::min(reads_ - std::max<double>(0, double(got)), 64.0);
    }
    for (; asks_ >= 1; asks_ -= 1) {
      quote_ask body;
      body.pickup = {407'580'000, -739'855'000};
      body.dropoff = {407'359'000, -739'911'000};
      ask_frame(encode_frame("q" + std::to_string(++number_), body));
    }
    return true;
  }

  [[nodiscard]] long age_ms() const {
    return static_cast<long>(
      std::chrono::duration_cast<milliseconds>(clock_type::now() - began_)
        .count());
  }

private:
  std::string read_head() const {
    std::string head;
    for (char c = 0; head.find("\r\n\r\n") == std::string::npos;) {
      if (head.size() > 4096 || ::recv(fd_, &c, 1, 0) != 1)
        throw std::runtime_error{"no answer to the upgrade"};
      head += c;
    }
    return head;
  }

  /// Whole frames only: what does not fit is not asked.
  void ask_frame(const std::string& text) {
    if (unsent_.size() < 4096)
      fleet::append_frame(unsent_, fleet::opcode::text, text, 0x1234567);
    auto n = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (n > 0)
      unsent_.erase(0, static_cast<std::size_t>(n));
  }

  int fd_;
  clock_type::time_point began_;
  std::string unsent_;
  double reads_ = 0;
  double asks_ = 0;
  std::uint64_t number_ = 0;
};

int run(const options& with) {
  const auto secret = fleet::read_key_file(with.key_file);
  std::vector<std::unique_ptr<slow_client>> all;
  for (int i = 0; i < with.clients; ++i)
    all.push_back(std::make_unique<slow_client>(with, secret, i));
  const auto begin = clock_type::now();
  auto last = begin;
  while (!all.empty()
         && clock_type::now() - begin < std::chrono::seconds{with.seconds}) {
    std::this_thread::sleep_for(milliseconds{10});
    const auto now = clock_type::now();
    const std::chrono::duration<double> passed = now - last;
    last = now;
    std::erase_if(all, [&](auto& x) {
      if (x->step(with, passed.count()))
        return false;
      std::printf("closed %ld\n", x->age_ms());
      return true;
    });
  }
  for (auto& x : all)
    std::printf("open %ld\n", x->age_ms());
  return 0;
}

int usage(const std::string& wrong) {
  std::fprintf(stderr,
               "slow_reader: %s; try: slow_reader --url "
               "ws://127.0.0.1:PORT/v1/ws --dev-key-file DATA/dev.key "
               "[--clients N] [--asks-per-s N] [--seconds N]\n",
               wrong.c_str());
  return 2;
}

} // namespace

int main(int argc, char** argv) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  options with;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 >= argc)
      return usage(name + " needs a value");
    const std::string value = argv[i + 1];
    if (name == "--url")
      with.url = value;
    else if (name == "--dev-key-file")
      with.key_file = value;
    else if (name == "--clients")
      with.clients = std::atoi(value.c_str());
    else if (name == "--asks-per-s")
      with.asks_per_s = std::atoi(value.c_str());
    else if (name == "--seconds")
      with.seconds = std::atoi(value.c_str());
    else
      return usage("unknown flag " + name);
  }
  if (with.url.empty() || with.key_file.empty())
    return usage("--url and --dev-key-file are needed");
  try {
    return run(with);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "slow_reader: %s\n", e.what());
    return 1;
  }
}
