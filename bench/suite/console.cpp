#include "bench/fleet/token.hpp"
#include "bench/micro/open_trips.hpp"
#include "bench/micro/timing.hpp"
#include "bench/suite/scene.hpp"
#include "persistence/store.hpp"

#include <array>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

namespace hansom::bench {

namespace {

constexpr int viewers = 10;

/// What ten people have on their screens.
const std::array<std::string, 6> screens{
  "/v1/admin/vitals",
  "/v1/admin/actors?sort=rate&limit=50",
  "/v1/admin/actors?kind=driver&sort=busy&limit=50",
  "/v1/admin/stuck",
  "/v1/admin/messages",
  "/v1/admin/tree",
};

/// @returns percent of one core that the node uses while everybody looks once a
///          second; and how long a look takes at most, in `worst_ms`.
double look(const server& node, const std::string& token, double seconds,
            double& worst_ms) {
  const auto cpu = node.cpu_seconds();
  const auto from = wall_seconds();
  worst_ms = 0;
  for (int second = 0; wall_seconds() < from + seconds; ++second) {
    for (int i = 0; i < viewers; ++i) {
      const auto began = wall_seconds();
      (void)node.get(screens[static_cast<std::size_t>(i) % screens.size()],
                     token);
      worst_ms = std::max(worst_ms, (wall_seconds() - began) * 1000);
    }
    const auto left = from + second + 1 - wall_seconds();
    if (left > 0)
      std::this_thread::sleep_for(std::chrono::duration<double>(left));
  }
  return (node.cpu_seconds() - cpu) / (wall_seconds() - from) * 100;
}

double rest(const server& node, double seconds) {
  const auto cpu = node.cpu_seconds();
  const auto from = wall_seconds();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  return (node.cpu_seconds() - cpu) / (wall_seconds() - from) * 100;
}

void say(const report& to, std::string name, double value, double limit,
         std::string note) {
  row out;
  out.measure = "console: " + std::move(name);
  out.unit = "% of a core";
  out.value = value;
  out.goal = goal_kind::at_most;
  out.limit = limit;
  out.note = std::move(note);
  to(out);
}

} // namespace

void measure_console(const report& to, const scene& at) {
  const std::uint64_t drivers = at.how.quick ? 50'000 : 200'000;
  const double seconds = at.how.quick ? 5 : 15;
  std::filesystem::remove_all(at.data());
  std::filesystem::create_directories(at.data());
  fill_with_drivers(*store::make_sqlite(at.data()), drivers);
  auto node = at.start_again(
    {"dispatch.connection_grace=10m", "dispatch.entity_idle=24h"});
  const metrics x{node->get("/metrics")};
  const auto actors = x.of("hansom_actors{kind=\"driver\"}");
  if (actors < static_cast<double>(drivers))
    throw std::runtime_error{"only " + std::to_string(actors)
                             + " drivers came back"};
  const auto token = fleet::make_token(fleet::read_key_file(at.key_file()),
                                       "viewer", 1, wall_now().ms / 1000, 3600);
  rest(*node, 3); // What a start leaves behind.
  const auto count = std::to_string(drivers) + " actors";
  say(to, count + ", nobody looks", rest(*node, seconds), 1, "");
  double worst_ms = 0;
  const auto looking = look(*node, token, seconds, worst_ms);
  say(to, count + ", ten viewers, each once a second", looking, 5,
      "slowest answer " + std::to_string(static_cast<int>(worst_ms)) + " ms, "
        + std::to_string(static_cast<int>(node->memory() / 1048576)) + " MiB");
}

} // namespace hansom::bench
