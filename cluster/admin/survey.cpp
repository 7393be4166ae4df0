#include "cluster/admin/survey.hpp"

#include "actors/runtime/kind_description.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <unordered_set>
#include <utility>

namespace hansom {

namespace {

std::uint32_t small(std::uint64_t x) noexcept {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(x, 0xffff'ffff));
}

/// Reads a probe.
survey_row row_of(entity_ref who, const probe& p,
                  std::chrono::steady_clock::time_point now) {
  using namespace std::chrono;
  survey_row x;
  x.who = who;
  x.parent = p.parent();
  x.handled = p.handled.load(std::memory_order_relaxed);
  x.busy_ns = p.busy_ns.load(std::memory_order_relaxed);
  x.window_handled = small(x.handled - p.seen_handled);
  x.window_ns = x.busy_ns - p.seen_busy_ns;
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

/// @returns the memory of the rows of a survey that nobody looks at any more:
///          16 MB that the system has cleared already.
std::vector<survey_row> memory_of(std::shared_ptr<survey> old) {
  if (!old || old.use_count() != 1)
    return {};
  // What others have read of it, they have read before they let go.
  std::atomic_thread_fence(std::memory_order_acquire);
  auto rows = std::move(old->rows);
  rows.clear();
  return rows;
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

/// Whether rows are wanted, by what can be made ready before all of them.
class sieve {
public:
  sieve(const survey& from, const row_filter& by) : by_{by} {
    if (by.cell)
      trips_ = trips_below(from, by.cell);
    for (auto& kind : actor_kinds())
      for (std::size_t i = 0; i < kind.states.size(); ++i)
        if (kind.states[i] == by.state)
          codes_[static_cast<std::size_t>(kind.kind)] = static_cast<int>(i);
  }

  [[nodiscard]] bool passes(const survey_row& x) const {
    return (!by_.kind || x.who.kind == *by_.kind)
           && (!by_.shard || shard_of(x.who) == *by_.shard)
           && (!by_.cell || x.who == entity_ref{by_.cell}
               || x.parent == entity_ref{by_.cell} || trips_.contains(x.parent))
           && (by_.state.empty()
               || codes_[static_cast<std::size_t>(x.who.kind)] == x.state)
           && (by_.text.empty() || has_text(x.who));
  }

private:
  static std::unordered_set<entity_ref> trips_below(const survey& from,
                                                    cell_id cell) {
    std::unordered_set<entity_ref> result;
    for (auto& x : from.rows)
      if (x.who.kind == entity_kind::trip && x.parent == entity_ref{cell})
        result.insert(x.who);
    return result;
  }

  [[nodiscard]] bool has_text(entity_ref who) const {
    auto has = [this](std::string_view name) {
      return name.find(by_.text) != std::string_view::npos;
    };
    if (who.kind != entity_kind::driver && who.kind != entity_kind::rider)
      return has(to_string(who));
    // There are so many of these that a string for each would be felt.
    std::array<char, 32> name{};
    std::string_view prefix =
      who.kind == entity_kind::driver ? "driver/" : "rider/";
    std::copy(prefix.begin(), prefix.end(), name.begin());
    auto end = std::to_chars(name.data() + prefix.size(),
                             name.data() + name.size(), who.id)
                 .ptr;
    return has({name.data(), static_cast<std::size_t>(end - name.data())});
  }

  const row_filter& by_;
  std::unordered_set<entity_ref> trips_;
  std::array<int, 5> codes_{-1, -1, -1, -1, -1};
};

} // namespace

void kind_total::add(const survey_row& x) noexcept {
  ++actors;
  mailbox += x.mailbox;
  deepest = std::max<std::uint64_t>(deepest, x.mailbox);
  handled += x.handled;
  running += x.at_work ? 1 : 0;
  window_handled += x.window_handled;
  window_ns += x.window_ns;
  ++by_state[x.state];
}

// -- who is below whom --------------------------------------------------------

kinship::kinship(const std::vector<survey_row>& rows) {
  for (auto& x : rows)
    if (x.who.kind == entity_kind::cell || x.who.kind == entity_kind::trip)
      below_.try_emplace(x.who);
  for (auto& x : rows) {
    if (x.who.kind == entity_kind::cell)
      continue;
    auto kind = static_cast<std::size_t>(x.who.kind);
    auto* to = &roots_[kind]; // Most are, in a quiet city.
    if (x.parent.id != 0) {
      auto found = below_.find(x.parent);
      to = found == below_.end() ? &orphans_[kind] : &found->second;
    }
    ++to->count;
    if (to->first.size() < listed_max)
      to->first.push_back(&x);
  }
}

const kinship::children& kinship::of(entity_ref parent) const {
  static const children none;
  auto found = below_.find(parent);
  return found == below_.end() ? none : found->second;
}

const kinship::children& kinship::roots(entity_kind kind) const {
  return roots_[static_cast<std::size_t>(kind)];
}

const kinship::children& kinship::orphans(entity_kind kind) const {
  return orphans_[static_cast<std::size_t>(kind)];
}

const kinship& survey::kin() const {
  std::call_once(kin_made_, [this] { kin_.emplace(rows); });
  return *kin_;
}

// -- the walk -----------------------------------------------------------------

shared_survey surveyor::look(steady::time_point now) {
  std::lock_guard guard{mutex_};
  if (!last_ || now - last_at_ >= fresh_for)
    walk(now);
  return last_;
}

kind_totals surveyor::count(steady::time_point now) {
  std::lock_guard guard{mutex_};
  if (last_ && now - last_at_ < fresh_for)
    return last_->totals;
  if (!counted_ || now - counted_at_ >= fresh_for) {
    counted_.emplace();
    counted_at_ = now;
    node_.entities().for_each([&](entity_ref who, const resident& x) {
      (*counted_)[static_cast<std::size_t>(who.kind)].add(
        row_of(who, *x.watch, now));
    });
  }
  return *counted_;
}

void surveyor::forget() {
  std::lock_guard guard{mutex_};
  last_.reset();
}

void surveyor::walk(steady::time_point now) {
  auto made = std::make_shared<survey>();
  made->at = node_.now();
  made->window_s = std::chrono::duration<double>(now - last_at_).count();
  last_at_ = now;
  made->rows = memory_of(std::exchange(last_, nullptr));
  made->rows.reserve(node_.entities().size() + 64);
  std::array<std::uint64_t, 5> backlog_max{};
  for (auto& kind : actor_kinds())
    backlog_max[static_cast<std::size_t>(kind.kind)] = kind.backlog_max;
  node_.entities().for_each([&](entity_ref who, const resident& y) {
    auto& p = *y.watch;
    auto x = row_of(who, p, now);
    p.seen_handled = x.handled;
    p.seen_busy_ns = x.busy_ns;
    auto kind = static_cast<std::size_t>(who.kind);
    auto index = static_cast<std::uint32_t>(made->rows.size());
    made->totals[kind].add(x);
    if (x.mailbox > backlog_max[kind])
      made->behind.push_back(index);
    if (x.at_work
        && x.running_ms
             > describe_kind(who.kind).deadline_of(x.running).count())
      made->stuck.push_back(index);
    made->rows.push_back(x);
  });
  last_ = std::move(made);
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
  sieve wanted{from, filter};
  selection result;
  for (auto& x : from.rows) {
    if (!wanted.passes(x))
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
