#include "bench/micro/durable_rides.hpp"

#include "bench/micro/timing.hpp"

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <thread>

namespace hansom::bench {

namespace {

using clock = latencies::clock;
using seconds_of = std::chrono::duration<double>;

constexpr std::uint64_t last_step = 5;

} // namespace

pace latencies::finish(double took) {
  std::sort(ms_.begin(), ms_.end());
  auto at = [this](std::size_t percent) {
    return ms_.empty() ? 0 : ms_[(ms_.size() - 1) * percent / 100];
  };
  return {static_cast<double>(ms_.size()) / took, at(50), at(99)};
}

durable_rides::durable_rides(store::factory& from) : db_{from.open()} {
  db_->migrate();
  auto now = wall_now();
  self_ = db_->start_incarnation("bench", now);
  rows_ = db_->claim_shards(self_, now);
}

store::write durable_rides::make(std::uint64_t ride, std::uint64_t step) const {
  using store::claim_kind;
  store::write x;
  auto shard = static_cast<shard_id>(ride % shard_count);
  auto rider = mix64(ride) >> 40;
  auto driver = mix64(ride + 1) >> 44;
  auto trip = make_trip_id(shard, 1'800'000'000 + ride / 200'000, self_,
                           static_cast<std::uint32_t>(ride % 200'000));
  x.entity = trip;
  x.shard = shard;
  x.claimed_epoch = rows_.at(shard).now;
  x.first_seq = step;
  x.at = wall_now();
  x.events = {{"trip_step", std::string(250, 'p')}};
  x.state = std::string(420, 's');
  x.active = step < last_step;
  // A person has one ride at a time here: the number tells them apart.
  store::claim for_rider{claim_kind::rider, rider << 24 | ride};
  store::claim for_driver{claim_kind::driver, driver << 24 | ride};
  if (step == 1) // Quotes grow with time, as a node numbers them.
    x.take = {for_rider, {claim_kind::quote, ride}};
  if (step == 2)
    x.take = {for_driver};
  if (step == last_step) {
    x.release = {for_rider, for_driver};
    x.transfers = {{"fare/" + std::to_string(trip.value),
                    "rider/1",
                    "driver/1",
                    {1'420, {}}}};
  }
  entity_ref client = rider_id{rider + 1};
  x.command = store::command_key{client, "c" + std::to_string(self_) + "-"
                                           + std::to_string(ride) + "-"
                                           + std::to_string(step)};
  return x;
}

void durable_rides::commit(const std::vector<waiting>& batch) {
  std::vector<store::write> writes;
  writes.reserve(batch.size());
  for (auto& x : batch)
    writes.push_back(make(x.ride, x.step));
  for (auto& x : db_->commit(writes))
    if (x.what != store::outcome::committed)
      throw std::runtime_error{"a planned write was not committed: "
                               + to_string(x.what)};
}

pace durable_rides::closed(std::size_t at_once, double seconds) {
  std::deque<waiting> queue;
  auto begin = clock::now();
  for (std::size_t i = 0; i < at_once; ++i)
    queue.push_back({next_++, 1, begin});
  latencies out;
  while (seconds_of{clock::now() - begin}.count() < seconds) {
    auto n = static_cast<std::ptrdiff_t>(std::min(queue.size(), batch_max));
    std::vector<waiting> batch{queue.begin(), queue.begin() + n};
    queue.erase(queue.begin(), queue.begin() + n);
    commit(batch);
    auto now = clock::now();
    for (auto& x : batch) {
      out.add(x.since, now);
      auto ended = x.step == last_step;
      queue.push_back({ended ? next_++ : x.ride, ended ? 1 : x.step + 1, now});
    }
  }
  return out.finish(seconds_of{clock::now() - begin}.count());
}

pace durable_rides::open(double per_s, double seconds) {
  // So many rides are under way that each has a command a second.
  auto at_once = static_cast<std::uint64_t>(per_s);
  auto first = next_;
  auto begin = clock::now();
  std::uint64_t said = 0;
  latencies out;
  for (;;) {
    auto now = seconds_of{clock::now() - begin}.count();
    if (now >= seconds)
      break;
    auto due = static_cast<std::uint64_t>(now * per_s);
    if (due == said) {
      std::this_thread::sleep_for(std::chrono::microseconds{50});
      continue;
    }
    std::vector<waiting> batch;
    for (; said < due && batch.size() < batch_max; ++said) {
      auto turn = said / at_once;
      auto since = begin
                   + std::chrono::duration_cast<clock::duration>(
                     seconds_of{static_cast<double>(said) / per_s});
      batch.push_back({first + turn / last_step * at_once + said % at_once,
                       turn % last_step + 1, since});
    }
    commit(batch);
    auto done = clock::now();
    for (auto& x : batch)
      out.add(x.since, done);
  }
  next_ = first + (said / at_once / last_step + 1) * at_once;
  return out.finish(seconds_of{clock::now() - begin}.count());
}

} // namespace hansom::bench
