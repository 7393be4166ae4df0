#include "cluster/admin/introspection.hpp"

#include "protocol/json_writer.hpp"

#include <algorithm>
#include <map>

namespace hansom {

namespace {

constexpr std::size_t rows_max = 1000;
constexpr auto answer_within = std::chrono::milliseconds{500};

std::int64_t steady_ns() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

std::uint64_t age_s(const probe& p) {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
    duration_cast<seconds>(steady_clock::now() - p.born).count());
}

std::uint64_t running_ms(const probe& p) {
  auto since = p.running_since_ns.load(std::memory_order_relaxed);
  return since == 0
           ? 0
           : static_cast<std::uint64_t>(
             std::max<std::int64_t>(0, steady_ns() - since) / 1'000'000);
}

using order = bool (*)(const actor_row&, const actor_row&);

order find_order(const std::string& name) {
  if (name == "mailbox")
    return [](auto& a, auto& b) { return a.mailbox > b.mailbox; };
  if (name == "handled")
    return [](auto& a, auto& b) { return a.handled > b.handled; };
  if (name == "age")
    return [](auto& a, auto& b) { return a.age_s > b.age_s; };
  if (name == "name")
    return [](auto& a, auto& b) { return a.who < b.who; };
  return nullptr;
}

/// One question to one actor, then gone.
template <class Question>
void ask(runtime& node, const caf::actor& whom, Question question,
         std::function<void(std::string)> done) {
  if (!whom)
    return done({});
  node.system().spawn<caf::hidden>(
    [=](caf::event_based_actor* self) -> caf::behavior {
      self
        ->request<caf::message_priority::high>(
          whom, caf::duration{answer_within}, question)
        .then([=](const std::string& answer) { done(answer); },
              [=](const caf::error&) { done({}); });
      return {};
    });
}

} // namespace

introspection::introspection(runtime& node) : node_{node} {
}

bool introspection::list(const actor_filter& filter,
                         std::vector<actor_row>& out, std::string& why) const {
  auto before = find_order(filter.sort);
  if (!before) {
    why = "unknown sort order \"" + filter.sort
          + "\"; try mailbox, handled, age or name";
    return false;
  }
  // Keeps the best `limit` only: the console's memory does not grow with the
  // number of actors.
  auto limit = std::clamp<std::size_t>(filter.limit, 1, rows_max);
  node_.entities().for_each([&](entity_ref who, const resident& x) {
    if (filter.kind && who.kind != *filter.kind)
      return;
    if (!filter.text.empty()
        && to_string(who).find(filter.text) == std::string::npos)
      return;
    auto& p = *x.watch;
    actor_row row{
      who,      p.depth(), p.handled.load(std::memory_order_relaxed),
      age_s(p), {},        running_ms(p)};
    if (p.running_since_ns.load(std::memory_order_relaxed) != 0)
      row.running =
        message_name(p.running_type.load(std::memory_order_relaxed));
    if (out.size() == limit && !before(row, out.front()))
      return;
    if (out.size() == limit) {
      std::pop_heap(out.begin(), out.end(), before);
      out.pop_back();
    }
    out.push_back(std::move(row));
    std::push_heap(out.begin(), out.end(), before);
  });
  std::sort_heap(out.begin(), out.end(), before);
  return true;
}

std::string introspection::totals() const {
  struct total {
    std::uint64_t actors = 0, mailbox = 0, deepest = 0, handled = 0,
                  running = 0;
  };
  std::map<entity_kind, total> totals;
  node_.entities().for_each([&](entity_ref who, const resident& x) {
    auto& t = totals[who.kind];
    auto depth = x.watch->depth();
    ++t.actors;
    t.mailbox += depth;
    t.deepest = std::max(t.deepest, depth);
    t.handled += x.watch->handled.load(std::memory_order_relaxed);
    t.running += x.watch->running_since_ns.load(std::memory_order_relaxed) != 0;
  });
  std::string out = "[";
  for (auto& [kind, t] : totals) {
    out += out.size() > 1 ? "," : "";
    out += "{\"kind\":\"" + to_string(kind)
           + "\",\"actors\":" + std::to_string(t.actors)
           + ",\"mailbox\":" + std::to_string(t.mailbox)
           + ",\"mailbox_max\":" + std::to_string(t.deepest)
           + ",\"handled\":" + std::to_string(t.handled)
           + ",\"running\":" + std::to_string(t.running) + '}';
  }
  return out + "]";
}

std::string introspection::probe_of(entity_ref who) const {
  auto p = node_.entities().watch_of(who);
  if (!p)
    return {};
  std::string out =
    "{\"mailbox\":" + std::to_string(p->depth()) + ",\"handled\":"
    + std::to_string(p->handled.load(std::memory_order_relaxed))
    + ",\"age_s\":" + std::to_string(age_s(*p)) + ",\"running_ms\":"
    + std::to_string(running_ms(*p)) + ",\"last_messages\":[";
  auto n = p->handled.load(std::memory_order_relaxed);
  auto known = std::min<std::uint64_t>(n, probe::history);
  for (std::uint64_t i = 0; i < known; ++i) {
    auto& m = p->last[(n - 1 - i) % probe::history];
    auto ago = static_cast<std::int64_t>(age_s(*p) * 10)
               - m.at_decis.load(std::memory_order_relaxed);
    out += i == 0 ? "{" : ",{";
    out += "\"message\":";
    json::append(out, message_name(m.type.load(std::memory_order_relaxed)));
    out +=
      ",\"took_us\":" + std::to_string(m.micros.load(std::memory_order_relaxed))
      + ",\"ago_s\":" + std::to_string(std::max<std::int64_t>(0, ago) / 10)
      + '}';
  }
  return out + "]}";
}

void introspection::describe_actor(entity_ref who,
                                   std::function<void(std::string)> done) {
  ask(node_, node_.entities().find(who), describe{}, std::move(done));
}

void introspection::explain_trip(cell_id cell, trip_id trip,
                                 std::function<void(std::string)> done) {
  ask(node_, node_.entities().find(cell), explain{trip}, std::move(done));
}

std::string introspection::message_name(std::uint16_t type) const {
  if (type == 0)
    return "message"; // Of a type that never leaves the node.
  auto name = node_.system().types().portable_name(type, nullptr);
  constexpr std::string_view ours = "hansom::";
  return name.starts_with(ours) ? name.substr(ours.size()) : name;
}

} // namespace hansom
