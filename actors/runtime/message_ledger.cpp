#include "actors/runtime/message_ledger.hpp"

namespace hansom {

namespace {

std::uint64_t next_ledger() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

} // namespace

std::uint64_t message_total::percentile_us(unsigned permille) const noexcept {
  std::uint64_t all = 0;
  for (auto n : by_time)
    all += n;
  if (all == 0)
    return 0;
  auto rank = (all * permille + 999) / 1000;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < by_time.size(); ++i)
    if ((seen += by_time[i]) >= rank)
      return message_tally::upper_end(i);
  return message_tally::upper_end(by_time.size() - 1);
}

message_ledger::message_ledger() : id_{next_ledger()} {
}

message_ledger::~message_ledger() = default;

message_ledger::part::~part() {
  for (auto& x : tallies)
    delete x.load(std::memory_order_relaxed);
}

message_tally& message_ledger::make_tally(std::atomic<message_tally*>& place) {
  auto made = std::make_unique<message_tally>();
  auto& result = *made;
  place.store(made.release(), std::memory_order_release);
  return result;
}

message_ledger::part& message_ledger::find_mine() {
  auto me = std::this_thread::get_id();
  std::lock_guard guard{mutex_};
  // A thread that has ended leaves its part, and perhaps its id, to another.
  for (auto& [owner, x] : parts_)
    if (owner == me)
      return *x;
  parts_.emplace_back(me, std::make_unique<part>());
  return *parts_.back().second;
}

std::vector<message_total> message_ledger::totals() const {
  std::vector<message_total> result;
  std::array<std::size_t, places> at{}; // Index into `result`, plus 1.
  std::lock_guard guard{mutex_};
  for (auto& [owner, x] : parts_)
    for (std::size_t i = 0; i < places; ++i) {
      auto* tally = x->tallies[i].load(std::memory_order_acquire);
      if (tally == nullptr)
        continue;
      if (at[i] == 0) {
        result.emplace_back();
        result.back().actor = static_cast<entity_kind>(i / message_kinds_max);
        result.back().message =
          static_cast<message_kind>(i % message_kinds_max);
        at[i] = result.size();
      }
      auto& sum = result[at[i] - 1];
      sum.handled += tally->handled.load(std::memory_order_relaxed);
      sum.busy_ns += tally->busy_ns.load(std::memory_order_relaxed);
      sum.failed += tally->failed.load(std::memory_order_relaxed);
      sum.slow += tally->slow.load(std::memory_order_relaxed);
      for (std::size_t b = 0; b < sum.by_time.size(); ++b)
        sum.by_time[b] += tally->by_time[b].load(std::memory_order_relaxed);
    }
  return result;
}

} // namespace hansom
