#include "cluster/mesh/waiting_rooms.hpp"

#include "actors/cell/position_pack.hpp"
#include "actors/type_ids.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace hansom {

namespace {

std::size_t packed_size(const far_mail& x) {
  std::string packed;
  append_entry(packed, x, x.until);
  return packed.size();
}

/// Makes both batches one, each driver's latest, in `to`.
/// @returns how many were overtaken.
std::uint64_t merge(position_batch& to, const position_batch& from) {
  std::map<driver_id, packed_position> latest;
  std::uint64_t overtaken = 0;
  auto take = [&](const packed_position& x) {
    auto [at, fresh] = latest.emplace(x.driver, x);
    if (fresh)
      return;
    ++overtaken;
    if (at->second.time <= x.time)
      at->second = x;
  };
  unpack(to.packed, take);
  unpack(from.packed, take);
  to.packed.clear();
  for (auto& [who, x] : latest)
    pack(to.packed, x);
  return overtaken;
}

} // namespace

waiting_rooms::waiting_rooms(const mesh_config& config, counters& counts,
                             attempt go)
  : config_{config}, counts_{counts}, go_{std::move(go)} {
}

bool waiting_rooms::has_space(const room& in, std::size_t more) const {
  return in.mails.size() + in.positions.size() < config_.shard_mails_max
         && in.bytes + more <= config_.shard_bytes_max
         && bytes() + more <= config_.waiting_max;
}

void waiting_rooms::enters(room& in, std::size_t bytes) {
  ++counts_.held;
  ++size_;
  bytes_ += bytes;
  in.bytes += bytes;
}

void waiting_rooms::leaves(room& in, const waiting_mail& x) {
  in.bytes -= x.bytes;
  bytes_ -= x.bytes;
  --size_;
}

std::optional<far_mail> waiting_rooms::put_by(far_mail x,
                                              std::uint64_t before) {
  auto shard = shard_of(x.to);
  auto back = keep(rooms_[shard], std::move(x));
  if (tries(shard) != before)
    retry(shard);
  return back;
}

std::optional<far_mail> waiting_rooms::keep(room& in, far_mail x) {
  if (lane_of(x.what.what) == mesh_lane::positions) {
    std::lock_guard guard{in.mutex};
    put_position(in, std::move(x));
    return std::nullopt;
  }
  auto size = packed_size(x);
  std::lock_guard guard{in.mutex};
  if (!has_space(in, size)) {
    ++counts_.full;
    return x;
  }
  enters(in, size);
  ++in.pending;
  in.mails.push_back({std::move(x), size});
  return std::nullopt;
}

void waiting_rooms::put_position(room& in, far_mail x) {
  auto key = std::pair{x.to, type_of(x.what.what)};
  auto found = in.positions.find(key);
  if (found == in.positions.end()) {
    auto size = packed_size(x);
    if (!has_space(in, size))
      return void(++counts_.full);
    enters(in, size);
    in.positions.emplace(key, waiting_mail{std::move(x), size});
    return;
  }
  auto& old = found->second;
  if (!x.what.what.match_element<position_batch>(0)) {
    ++counts_.conflated;
    old.what = std::move(x);
    return;
  }
  auto batch = old.what.what.what.get_as<position_batch>(0);
  auto before = batch.packed.size();
  counts_.conflated += merge(batch, x.what.what.get_as<position_batch>(0));
  auto grown = batch.packed.size() - std::min(before, batch.packed.size());
  if (!has_space(in, grown))
    return void(++counts_.full);
  old.bytes += grown;
  in.bytes += grown;
  bytes_ += grown;
  old.what.until = x.until;
  old.what.what.what = caf::make_message(std::move(batch));
}

void waiting_rooms::retry(shard_id shard) {
  auto& in = rooms_[shard];
  ++in.tries;
  std::unique_lock guard{in.mutex};
  if (in.busy)
    return; // Whoever is at it begins anew.
  in.busy = true;
  std::uint64_t seen = 0;
  do {
    seen = in.tries;
    try_all(in, guard);
  } while (in.tries != seen);
  in.busy = false;
}

/// Lets go of the lock while it tries.
void waiting_rooms::try_all(room& in, std::unique_lock<std::mutex>& guard) {
  auto positions = std::exchange(in.positions, {});
  for (auto stuck = false; !stuck && !in.mails.empty();) {
    auto x = std::move(in.mails.front());
    in.mails.pop_front();
    guard.unlock();
    stuck = !go_(x.what);
    guard.lock();
    if (stuck) {
      in.mails.push_front(std::move(x));
    } else {
      --in.pending;
      leaves(in, x);
    }
  }
  for (auto& [key, x] : positions) {
    guard.unlock();
    auto gone = go_(x.what);
    guard.lock();
    if (gone || !in.positions.try_emplace(key, x).second)
      leaves(in, x); // Or overtaken by a later one.
  }
}

} // namespace hansom
