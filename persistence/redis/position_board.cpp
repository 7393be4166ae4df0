#include "persistence/redis/position_board.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace hansom::redis {

namespace {

constexpr milliseconds gather_every{100};
constexpr milliseconds sweep_every{10'000};
constexpr std::int64_t sweep_max = 1000;
constexpr std::size_t gone_max = 100'000;

/// Redis' geo index is a square of the Mercator map.
constexpr std::int32_t geo_latitude_max_e7 = 850'511'287;

std::string degrees(std::int32_t e7) {
  char text[24];
  auto x = std::abs(static_cast<std::int64_t>(e7));
  std::snprintf(text, sizeof text, "%s%lld.%07lld", e7 < 0 ? "-" : "",
                static_cast<long long>(x / 10'000'000),
                static_cast<long long>(x % 10'000'000));
  return text;
}

/// "time lat_e7 lon_e7 heading cell", numbers all.
std::string details(const driver_place& x) {
  return std::to_string(x.time.ms) + ' ' + std::to_string(x.at.lat_e7) + ' '
         + std::to_string(x.at.lon_e7) + ' ' + std::to_string(x.heading_deg)
         + ' ' + std::to_string(x.cell.value);
}

/// The three keys are changed in one step, and only by who knows better: nodes
/// tell of one driver in any order, and a former owner may not have noticed.
/// KEYS: drivers, seen, places. ARGV: per driver name, time, longitude (empty:
/// not on the map), latitude, details. @returns how many were outdated.
constexpr std::string_view write_script = R"lua(
local outdated = 0
for i = 1, #ARGV, 5 do
  local seen = redis.call('ZSCORE', KEYS[2], ARGV[i])
  if seen and tonumber(seen) > tonumber(ARGV[i + 1]) then
    outdated = outdated + 1
  else
    if ARGV[i + 2] ~= '' then
      redis.call('GEOADD', KEYS[1], ARGV[i + 2], ARGV[i + 3], ARGV[i])
    end
    redis.call('ZADD', KEYS[2], ARGV[i + 1], ARGV[i])
    redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 4])
  end
end
return outdated
)lua";

/// ARGV: per driver name and the cell that does not know him any more.
constexpr std::string_view remove_script = R"lua(
local removed = 0
for i = 1, #ARGV, 2 do
  local place = redis.call('HGET', KEYS[3], ARGV[i])
  if place and string.match(place, '%d+$') == ARGV[i + 1] then
    redis.call('ZREM', KEYS[1], ARGV[i])
    redis.call('ZREM', KEYS[2], ARGV[i])
    redis.call('HDEL', KEYS[3], ARGV[i])
    removed = removed + 1
  end
end
return removed
)lua";

/// ARGV: the oldest time that stays, how many to take out at most.
constexpr std::string_view sweep_script = R"lua(
local old = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[1],
  'LIMIT', 0, ARGV[2])
for _, name in ipairs(old) do
  redis.call('ZREM', KEYS[1], name)
  redis.call('ZREM', KEYS[2], name)
  redis.call('HDEL', KEYS[3], name)
end
return #old
)lua";

bool read_details(std::string_view text, driver_place& out) {
  auto at = text.data();
  auto end = at + text.size();
  auto next = [&](auto& x) {
    while (at != end && *at == ' ')
      ++at;
    auto [to, error] = std::from_chars(at, end, x);
    at = to;
    return error == std::errc{};
  };
  return next(out.time.ms) && next(out.at.lat_e7) && next(out.at.lon_e7)
         && next(out.heading_deg) && next(out.cell.value) && at == end
         && is_valid(out.at) && out.heading_deg < 360;
}

} // namespace

position_board::position_board(link& to, const config& with,
                               std::function<timestamp()> now)
  : link_{to}, places_key_{with.prefix + ':' + with.city + ":drivers"},
    times_key_{with.prefix + ':' + with.city + ":seen"},
    details_key_{with.prefix + ':' + with.city + ":places"},
    max_age_{with.position_max_age}, now_{std::move(now)} {
  inbox_.reserve(1024);
  to.every(std::min(gather_every, with.position_cycle), [this] { gather(); });
  to.every(with.position_cycle, [this] { write(); });
  to.every(sweep_every, [this] { forget_stale(); });
}

void position_board::take(const driver_place* first, std::size_t n) {
  std::size_t taken = 0;
  {
    std::lock_guard guard{mutex_};
    taken = std::min(n, inbox_max - std::min(inbox_max, inbox_.size()));
    inbox_.insert(inbox_.end(), first, first + taken);
  }
  stats_.taken.fetch_add(taken, std::memory_order_relaxed);
  if (taken != n)
    stats_.dropped_full.fetch_add(n - taken, std::memory_order_relaxed);
}

/// Newest wins; a driver who left one cell for another is not gone.
void position_board::gather() {
  gathering_.clear();
  {
    std::lock_guard guard{mutex_};
    gathering_.swap(inbox_);
  }
  for (auto& x : gathering_) {
    auto found = drivers_.find(x.driver);
    if (x.gone) {
      if (found == drivers_.end() || found->second.place.cell != x.cell)
        continue;
      drivers_.erase(found);
      if (gone_.size() < gone_max)
        gone_.emplace_back(x.driver, x.cell);
      continue;
    }
    if (found == drivers_.end()) {
      if (drivers_.size() >= drivers_max) {
        ++stats_.dropped_full;
        continue;
      }
      found = drivers_.try_emplace(x.driver).first;
    }
    auto& e = found->second;
    if (e.dirty)
      ++stats_.conflated;
    else
      dirty_.push_back(x.driver);
    e.dirty = true;
    e.place = x;
  }
  stats_.known = drivers_.size();
}

void position_board::write() {
  gather();
  if (!link_.connected())
    return;
  if (auto now = link_.generation(); now != generation_) {
    // A new connection may be a new, empty Redis.
    generation_ = now;
    dirty_.clear();
    for (auto& [driver, e] : drivers_) {
      e.dirty = true;
      dirty_.push_back(driver);
    }
  }
  auto gone = std::exchange(gone_, {});
  // Who came back meanwhile stays.
  std::erase_if(gone, [&](auto& x) { return drivers_.contains(x.first); });
  for (std::size_t i = 0; i < gone.size(); i += chunk)
    remove({gone.begin() + static_cast<std::ptrdiff_t>(i),
            gone.begin()
              + static_cast<std::ptrdiff_t>(std::min(i + chunk, gone.size()))});
  auto dirty = std::exchange(dirty_, {});
  for (std::size_t i = 0; i < dirty.size(); i += chunk)
    write_places(
      {dirty.begin() + static_cast<std::ptrdiff_t>(i),
       dirty.begin()
         + static_cast<std::ptrdiff_t>(std::min(i + chunk, dirty.size()))});
}

command position_board::script(std::string_view what) const {
  return {"EVAL", what, "3", places_key_, times_key_, details_key_};
}

void position_board::write_places(const std::vector<driver_id>& whom) {
  auto x = script(write_script);
  std::size_t n = 0;
  for (auto driver : whom) {
    auto found = drivers_.find(driver);
    if (found == drivers_.end())
      continue;
    auto& place = found->second.place;
    auto on_map = std::abs(place.at.lat_e7) < geo_latitude_max_e7;
    x.add(std::to_string(driver.value)).add(place.time.ms);
    x.add(on_map ? degrees(place.at.lon_e7) : "")
      .add(degrees(place.at.lat_e7))
      .add(details(place));
    found->second.dirty = false;
    ++n;
  }
  if (n == 0)
    return;
  stats_.written += n;
  link_.ask(x, patience, [this, n, whom](const reply& answer) {
    if (answer.what == reply::kind::number) {
      stats_.outdated += static_cast<std::uint64_t>(answer.number);
      return;
    }
    stats_.written -= n;
    stats_.put_off += n;
    for (auto driver : whom)
      if (auto at = drivers_.find(driver);
          at != drivers_.end() && !std::exchange(at->second.dirty, true))
        dirty_.push_back(driver);
  });
}

void position_board::remove(
  const std::vector<std::pair<driver_id, cell_id>>& whom) {
  auto x = script(remove_script);
  for (auto& [driver, cell] : whom)
    x.add(std::to_string(driver.value)).add(std::to_string(cell.value));
  // What does not get through grows old, and goes then.
  link_.ask(x, patience, [this](const reply& answer) {
    if (answer.what == reply::kind::number)
      stats_.removed += static_cast<std::uint64_t>(answer.number);
  });
}

/// Takes out who has been silent for too long; also what a node that is no more
/// has left behind.
void position_board::forget_stale() {
  auto oldest = now_() - max_age_;
  std::erase_if(drivers_,
                [&](auto& x) { return x.second.place.time < oldest; });
  stats_.known = drivers_.size();
  if (!link_.connected())
    return;
  auto x = script(sweep_script);
  x.add(oldest.ms).add(sweep_max);
  link_.ask(x, patience, [this](const reply& answer) {
    if (answer.what == reply::kind::number)
      stats_.removed += static_cast<std::uint64_t>(answer.number);
  });
}

std::vector<driver_place>
position_board::read(const std::vector<driver_id>& whom, timestamp not_before,
                     milliseconds within) {
  constexpr std::size_t at_once = 1000;
  std::vector<driver_place> out;
  std::vector<command> asked;
  for (std::size_t i = 0; i < whom.size(); ++i) {
    if (i % at_once == 0)
      asked.push_back(command{"HMGET", details_key_});
    asked.back().add(std::to_string(whom[i].value));
  }
  auto answers = link_.call(asked, within);
  for (std::size_t i = 0; i < whom.size(); ++i) {
    auto& answer = answers[i / at_once];
    if (!answer.ok() || i % at_once >= answer.items.size())
      continue;
    driver_place x;
    x.driver = whom[i];
    if (read_details(answer.items[i % at_once].text, x) && x.time >= not_before)
      out.push_back(x);
  }
  return out;
}

} // namespace hansom::redis
