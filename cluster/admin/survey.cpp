#include "cluster/admin/survey.hpp"

#include "actors/runtime/kind_description.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace hansom {

namespace {

std::uint32_t small(std::uint64_t x) noexcept {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(x, 0xffff'ffff));
}

/// Reads a probe, and notes in it what has been seen.
survey_row row_of(entity_ref who, probe& p,
                  std::chrono::steady_clock::time_point now) {
  using namespace std::chrono;
  survey_row x;
  x.who = who;
  x.parent = p.parent();
  x.handled = p.handled.load(std::memory_order_relaxed);
  x.busy_ns = p.busy_ns.load(std::memory_order_relaxed);
  x.window_handled = small(x.handled - p.seen_handled);
  x.window_ns = x.busy_ns - p.seen_busy_ns;
  p.seen_handled = x.handled;
  p.seen_busy_ns = x.busy_ns;
  x.mailbox = small(p.depth());
  x.age_s = small(
    static_cast<std::uint64_t>(duration_cast<seconds>(now - p.born).count()));
  x.state = p.state.load(std::memory_order_relaxed);
  if (auto since = p.running_since_ns.load(std::memory_order_relaxed)) {
    x.at_work = true;
    x.running = p.running_kind.load(std::memory_order_relaxed);
    auto ns = now.time_since_epoch().count() - since;
    x.running_ms =
      ns > 0 ? small(static_cast<std::uint64_t>(ns / 1'000'000)) : 0;
    x.window_ns += ns > 0 ? static_cast<std::uint64_t>(ns) : 0;
  }
  return x;
}

using order = bool (*)(const survey_row&, const survey_row&);

struct named_order {
  std::string_view name;
  order before;
};

constexpr std::array<named_order, 7> orders{{
  {"mailbox", [](auto& a, auto& b) { return a.mailbox > b.mailbox; }},
  {"rate",
   [](auto& a, auto& b) { return a.window_handled > b.window_handled; }},
  {"busy", [](auto& a, auto& b) { return a.window_ns > b.window_ns; }},
  {"handled", [](auto& a, auto& b) { return a.handled > b.handled; }},
  {"age", [](auto& a, auto& b) { return a.age_s > b.age_s; }},
  {"running", [](auto& a, auto& b) { return a.running_ms > b.running_ms; }},
  {"name", [](auto& a, auto& b) { return a.who < b.who; }},
}};

order find_order(std::string_view name) noexcept {
  for (auto& x : orders)
    if (x.name == name)
      return x.before;
  return nullptr;
}

std::unordered_set<entity_ref> trips_below(const survey& from, cell_id cell) {
  std::unordered_set<entity_ref> result;
  for (auto& x : from.rows)
    if (x.who.kind == entity_kind::trip && x.parent == entity_ref{cell})
      result.insert(x.who);
  return result;
}

} // namespace

shared_survey surveyor::look() {
  auto now = steady::now();
  std::lock_guard guard{mutex_};
  if (!last_ || now - last_at_ >= fresh_for)
    last_ = walk(now);
  return last_;
}

void surveyor::forget() {
  std::lock_guard guard{mutex_};
  last_.reset();
}

shared_survey surveyor::walk(steady::time_point now) {
  auto made = std::make_shared<survey>();
  made->at = node_.now();
  made->window_s = std::chrono::duration<double>(now - last_at_).count();
  last_at_ = now;
  made->rows.reserve(node_.entities().size() + 64);
  node_.entities().for_each([&](entity_ref who, const resident& x) {
    made->rows.push_back(row_of(who, *x.watch, now));
  });
  return made;
}

bool is_row_order(std::string_view x) noexcept {
  return find_order(x) != nullptr;
}

selection select(const survey& from, const row_filter& filter) {
  auto before = find_order(filter.sort);
  // Equal ones always in the same order, or a screen would flicker.
  auto first = [before](const survey_row* a, const survey_row* b) {
    return before(*a, *b) || (!before(*b, *a) && a->who < b->who);
  };
  std::unordered_set<entity_ref> trips;
  if (filter.cell)
    trips = trips_below(from, filter.cell);
  selection result;
  for (auto& x : from.rows) {
    if ((filter.kind && x.who.kind != *filter.kind)
        || (filter.shard && shard_of(x.who) != *filter.shard)
        || (filter.cell && x.who != entity_ref{filter.cell}
            && x.parent != entity_ref{filter.cell} && !trips.contains(x.parent))
        || (!filter.state.empty()
            && describe_kind(x.who.kind).state_name(x.state) != filter.state)
        || (!filter.text.empty()
            && to_string(x.who).find(filter.text) == std::string::npos))
      continue;
    ++result.matched;
    auto& rows = result.rows;
    if (rows.size() == filter.limit) {
      if (!first(&x, rows.front()))
        continue;
      std::pop_heap(rows.begin(), rows.end(), first);
      rows.pop_back();
    }
    rows.push_back(&x);
    std::push_heap(rows.begin(), rows.end(), first);
  }
  std::sort_heap(result.rows.begin(), result.rows.end(), first);
  return result;
}

} // namespace hansom
