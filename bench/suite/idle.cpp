#include "bench/fleet/token.hpp"
#include "bench/fleet/ws_loop.hpp"
#include "bench/micro/micro.hpp"
#include "bench/micro/timing.hpp"
#include "bench/suite/scene.hpp"
#include "protocol/json/json.hpp"

#include <sys/mman.h>

#include <new>
#include <stdexcept>

namespace hansom::bench {

namespace {

/// Connections that open, say hello when told to, and then only listen.
class listeners final : public fleet::ws_loop::listener {
public:
  listeners(const std::string& url, std::uint32_t n, std::string secret)
    : n_{n}, secret_{std::move(secret)}, loop_{fleet::parse_url(url), n, 1} {
  }

  void open_all() {
    constexpr double per_s = 4000;
    const auto from = wall_seconds();
    std::uint32_t begun = 0;
    until([&] {
      for (; begun < n_ && wall_seconds() > from + begun / per_s; ++begun)
        loop_.open(begun);
      return open_ >= n_;
    });
  }

  void greet_all() {
    constexpr std::uint32_t at_once = 200;
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
    std::uint32_t said = 0;
    until([&] {
      for (; said < n_ && said < welcome_ + at_once; ++said) {
        hello body;
        body.token = fleet::make_token(secret_, "driver", said + 1, now, 3600);
        loop_.send(said, encode_frame("", body));
      }
      return welcome_ >= n_;
    });
  }

  void listen(double seconds) {
    const auto end = wall_seconds() + seconds;
    while (wall_seconds() < end)
      loop_.poll(20, *this);
  }

private:
  template <class Done>
  void until(Done&& done) {
    const auto end = wall_seconds() + 30;
    while (!done()) {
      loop_.poll(5, *this);
      if (lost_ > 0 || wall_seconds() > end)
        throw std::runtime_error{std::to_string(open_)
                                 + " idle connections are open, "
                                 + std::to_string(welcome_) + " welcome, "
                                 + std::to_string(lost_) + " lost: " + why_};
    }
  }

  void on_open(fleet::ws_loop::link_id) override {
    ++open_;
  }
  void on_text(fleet::ws_loop::link_id, std::string_view text) override {
    welcome_ += text.find(R"("type":"welcome")") != text.npos;
  }
  void on_closed(fleet::ws_loop::link_id, std::uint16_t,
                 std::string_view reason) override {
    ++lost_;
    why_ = reason;
  }

  std::uint32_t n_;
  std::string secret_;
  fleet::ws_loop loop_;
  std::uint32_t open_ = 0;
  std::uint32_t welcome_ = 0;
  std::uint32_t lost_ = 0;
  std::string why_;
};

double bare_bytes(std::uint32_t n) {
  auto* shared = ::mmap(nullptr, sizeof(bare_counters), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto& counters = *new (shared) bare_counters;
  const auto port = free_port();
  server bare{[&] { serve_bare(port, counters); }, port};
  bare.wait_until_open();
  const auto memory = bare.memory();
  listeners all{bare.url(), n, std::string(64, 'k')};
  all.open_all();
  all.greet_all();
  all.listen(0.5);
  return (bare.memory() - memory) / n;
}

} // namespace

void measure_idle(const report& to, const scene& at) {
  const std::uint32_t n = at.how.quick ? 4000 : 10'000;
  const auto actor = driver_actor_bytes(n);
  const auto bare = bare_bytes(n);
  auto whom = at.start({"gateway.hello_timeout=1m"});
  const auto memory = whom->memory();
  listeners all{whom->url(), n, fleet::read_key_file(at.key_file())};
  all.open_all();
  all.listen(0.5);
  const auto opened = (whom->memory() - memory) / n;
  all.greet_all();
  all.listen(1);
  const auto welcome = (whom->memory() - memory) / n;
  row x;
  x.unit = "B";
  x.baseline_name = "bare Beast";
  x.baseline = bare;
  x.measure = "idle: bytes per websocket before hello, of " + std::to_string(n);
  x.value = opened;
  to(x);
  x.measure = "idle: bytes per authenticated driver, without his actor";
  x.value = welcome - actor;
  x.goal = goal_kind::at_most;
  x.limit = 8192;
  x.profile = "heaptrack or bench/run --only idle; "
              "gateway/connection/connection_impl.hpp "
              "and gateway/session/session.hpp hold what stays";
  to(x);
  x.measure = "idle: bytes per authenticated driver, with his actor";
  x.value = welcome;
  x.goal = goal_kind::none;
  x.note =
    "the actor by itself " + std::to_string(static_cast<int>(actor)) + " B";
  to(x);
}

} // namespace hansom::bench
