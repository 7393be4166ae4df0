#include "actors/runtime/ending.hpp"

#include <caf/actor_registry.hpp>

#include <chrono>
#include <map>
#include <thread>

namespace hansom {

bool await_actors(caf::actor_system& system, milliseconds within) {
  using clock = std::chrono::steady_clock;
  constexpr milliseconds look_every{2};
  auto deadline = clock::now() + within;
  while (system.registry().running() != 0) {
    if (clock::now() >= deadline)
      return false;
    std::this_thread::sleep_for(look_every);
  }
  return true;
}

namespace {

/// What an actor is at work on; empty when it only waits.
std::string work_of(entity_ref who, const probe& x) {
  auto since = x.running_since_ns.load(std::memory_order_relaxed);
  if (since == 0)
    return {};
  auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  auto kind = x.running_kind.load(std::memory_order_relaxed);
  auto what = kind == 0 ? std::string{"a message"} : std::string{name_of(kind)};
  return to_string(who) + " has been handling " + what + " for "
         + std::to_string((now - since) / 1'000'000) + " ms";
}

} // namespace

std::string ending::remaining() const {
  std::map<entity_kind, std::size_t> counts;
  std::string work;
  for (auto& [who, watch] : all_) {
    if (watch->ended.load(std::memory_order_relaxed))
      continue;
    ++counts[who.kind];
    if (work.empty())
      work = work_of(who, *watch);
  }
  std::string out;
  for (auto& [kind, n] : counts)
    out +=
      (out.empty() ? "" : ", ") + std::to_string(n) + ' ' + to_string(kind);
  if (out.empty())
    out = "no entity";
  return work.empty() ? out : out + "; " + work;
}

} // namespace hansom
