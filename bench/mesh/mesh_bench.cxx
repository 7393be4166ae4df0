// Two nodes on loopback, one process each: messages a second, packed and one by
// one; round trips; positions a second.

#include "actors/cell/position_pack.hpp"
#include "actors/type_ids.hpp"
#include "bench/micro/row.hpp"
#include "bench/micro/timing.hpp"
#include "cluster/mesh/mesh.hpp"

#include <caf/all.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <thread>

namespace hansom::bench {

namespace {

constexpr std::size_t positions_together = 50;

timestamp now() {
  return {static_cast<std::int64_t>(wall_seconds() * 1e3)};
}

struct system_config : caf::actor_system_config {
  explicit system_config(const mesh_config& x) {
    add_message_types<caf::id_block::hansom>();
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{2});
    set("scheduler.max-throughput", std::size_t{50});
    prepare(*this, x);
  }
};

/// Counts what comes, answers what asks, and waits for neither.
class counting final : public mesh_sink, public peer_listener {
public:
  std::optional<refusal> mail(store::incarnation from, far_mail x) override {
    auto& what = x.what.what;
    if (what.match_element<position_batch>(0))
      count += packed_count(what.get_as<position_batch>(0).packed);
    else
      ++count;
    if (echo && what.match_element<tell_again>(0))
      links->send(from, x);
    if (on_answer)
      on_answer();
    return std::nullopt;
  }
  void client(store::incarnation, far_frame) override {
  }
  void returned(store::incarnation, far_mail, refusal) override {
  }
  void sweep() override {
  }
  void link_up(store::incarnation) override {
  }
  void link_down(store::incarnation, link_evidence) override {
  }
  void not_reached(store::incarnation, link_evidence) override {
  }
  /// The sender asks how many have come.
  void control(store::incarnation from, std::string body) override {
    if (echo)
      links->control(from, std::to_string(count.load()));
    else
      reported = std::stoull(body);
  }
  void owner_heard(shard_id, store::incarnation, store::epoch) override {
  }
  void fenced(shard_id, store::epoch) override {
  }

  std::atomic<std::uint64_t> count{0};
  std::atomic<std::uint64_t> reported{0};
  bool echo = false;
  mesh* links = nullptr;
  std::function<void()> on_answer;
};

/// A node, complete with its actor system.
struct end {
  end(store::incarnation self, mesh_config x, bool echo)
    : config{x}, system_settings{config}, system{system_settings} {
    mesh::parts parts;
    parts.config = config;
    parts.self = self;
    parts.sink = &sink;
    parts.listener = &sink;
    parts.now = now;
    links = std::make_unique<mesh>(system, std::move(parts));
    sink.links = links.get();
    sink.echo = echo;
    links->start();
  }

  mesh_config config;
  system_config system_settings;
  counting sink;
  caf::actor_system system;
  std::unique_ptr<mesh> links;
};

/// The receiving process.
class receiver {
public:
  explicit receiver(const mesh_config& config) {
    int pipes[2];
    if (::pipe(pipes) != 0 || (child_ = ::fork()) < 0)
      throw std::runtime_error{"cannot start a second process"};
    if (child_ == 0) {
      end node{1, config, true};
      auto port = node.links->port();
      [[maybe_unused]] auto n = ::write(pipes[1], &port, sizeof port);
      for (;;)
        ::pause();
    }
    if (::read(pipes[0], &port_, sizeof port_) != sizeof port_)
      throw std::runtime_error{"the second process does not start"};
    ::close(pipes[0]);
    ::close(pipes[1]);
  }
  ~receiver() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  receiver(const receiver&) = delete;
  receiver& operator=(const receiver&) = delete;

  [[nodiscard]] peer_address where() const {
    return {"127.0.0.1", port_};
  }

private:
  pid_t child_ = -1;
  std::uint16_t port_ = 0;
};

template <class Done>
void until(Done&& done) {
  const auto limit = wall_seconds() + 20;
  while (!done()) {
    if (wall_seconds() > limit)
      throw std::runtime_error{"the other side does not answer"};
    std::this_thread::sleep_for(std::chrono::microseconds{200});
  }
}

void connect(end& node, const receiver& other) {
  node.links->meet(1, other.where());
  until([&] { return node.links->is_up(1); });
}

far_mail make(caf::message what) {
  far_mail x;
  x.to = driver_id{7};
  x.what.what = std::move(what);
  x.until = now() + milliseconds{60'000};
  return x;
}

/// A status: what drivers and cells say to each other most; 95 bytes packed.
caf::message status() {
  driver_status x;
  x.driver = driver_id{7};
  x.now = standing::free;
  x.time = now();
  x.rev = 3;
  return caf::make_message(x);
}

caf::message positions() {
  position_batch x;
  for (std::uint64_t i = 1; i <= positions_together; ++i)
    pack(x.packed,
         {driver_id{i}, {407'580'000, -739'855'000}, timestamp{1}, 90});
  return caf::make_message(std::move(x));
}

/// Sends as fast as the link takes it.
/// @returns how many arrived a second.
double flood(const mesh_config& config, double seconds,
             const caf::message& what) {
  receiver other{config};
  end node{2, config, false};
  connect(node, other);
  const auto from = wall_seconds();
  auto is_time = [&] { return wall_seconds() < from + seconds; };
  while (is_time()) {
    auto x = make(what);
    while (node.links->send(1, x) != mesh::sent::queued && is_time())
      std::this_thread::sleep_for(std::chrono::microseconds{500});
  }
  until([&] {
    auto x = node.links->peers().front();
    return x.in_flight == 0 && x.waiting == 0;
  });
  const auto took = wall_seconds() - from;
  node.links->control(1, "how many?");
  until([&] { return node.sink.reported != 0; });
  return static_cast<double>(node.sink.reported.load()) / took;
}

struct latency {
  double p50_us = 0;
  double p99_us = 0;
};

latency round_trips(const mesh_config& config, std::size_t n) {
  receiver other{config};
  end node{2, config, false};
  std::mutex mutex;
  std::condition_variable came;
  bool answered = false;
  node.sink.on_answer = [&] {
    {
      std::lock_guard guard{mutex};
      answered = true;
    }
    came.notify_one();
  };
  connect(node, other);
  std::vector<double> all;
  for (std::size_t i = 0; i < n; ++i) {
    const auto from = wall_seconds();
    auto x = make(caf::make_message(tell_again{driver_id{7}}));
    if (node.links->send(1, x) != mesh::sent::queued)
      throw std::runtime_error{"the link was lost"};
    std::unique_lock guard{mutex};
    if (!came.wait_for(guard, std::chrono::seconds{5},
                       [&] { return answered; }))
      throw std::runtime_error{"an answer did not come"};
    answered = false;
    all.push_back((wall_seconds() - from) * 1e6);
  }
  std::sort(all.begin(), all.end());
  return {all[all.size() / 2], all[all.size() * 99 / 100]};
}

void print(const row& x) {
  std::printf("%-52s %14.0f %-4s", x.measure.c_str(), x.value, x.unit.c_str());
  if (x.goal != goal_kind::none)
    std::printf("  goal %s %.0f: %s",
                x.goal == goal_kind::at_most ? "<=" : ">=", x.limit,
                x.met() ? "met" : "MISSED");
  std::printf("\n");
  std::fflush(stdout);
}

row line(const char* measure, const char* unit, double value,
         goal_kind goal = goal_kind::none, double limit = row::unknown) {
  row x;
  x.measure = measure;
  x.unit = unit;
  x.value = value;
  x.goal = goal;
  x.limit = limit;
  return x;
}

void run(double seconds) {
  mesh_config packed;
  packed.cluster = "bench";
  auto single = packed;
  single.frame_bytes = 1; // Each message a frame of its own.
  auto x = round_trips(packed, static_cast<std::size_t>(2000 * seconds));
  print(line("mesh: round trip, p50", "us", x.p50_us, goal_kind::at_most, 300));
  print(line("mesh: round trip, p99", "us", x.p99_us));
  print(line("mesh: messages, packed", "1/s", flood(packed, seconds, status()),
             goal_kind::at_least, 1e6));
  print(line("mesh: messages, one to a frame", "1/s",
             flood(single, seconds, status())));
  print(line("mesh: positions, 50 to a batch", "1/s",
             flood(packed, seconds, positions())));
}

} // namespace

} // namespace hansom::bench

int main(int argc, char** argv) {
  try {
    hansom::bench::run(argc > 1 && !std::strcmp(argv[1], "--quick") ? 1 : 3);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_mesh: %s\n", e.what());
    return 1;
  }
}
