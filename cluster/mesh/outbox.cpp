#include "cluster/mesh/outbox.hpp"

#include "actors/runtime/who_waits.hpp"
#include "actors/type_ids.hpp"
#include "cluster/mesh/mail_codec.hpp"

#include <caf/all.hpp>

namespace hansom {

namespace {

/// While so many frames are under way, a small one waits for the next answer:
/// more will have gathered by then.
constexpr std::size_t frames_at_once = 4;
/// Latest positions that are kept for one slow peer.
constexpr std::size_t latest_max = 100'000;

/// `{"type":"...",` tells views of different things apart.
std::string view_type(const std::string& body) {
  return body.substr(0, body.find(','));
}

} // namespace

outbox::~outbox() {
  for (auto& x : lanes_)
    budget_.give(x.bytes);
}

void outbox::nudge(bool& wake) {
  wake = up_ && !told_ && in_flight_ < limits_.credit;
  told_ = told_ || wake;
}

mesh::sent outbox::add(mesh_lane where, std::string_view entry, timestamp now,
                       far_mail* ticketed, bool& wake) {
  auto& to = lanes_[static_cast<std::size_t>(where)];
  if (entry.size() > entry_max || to.bytes + entry.size() > limits_.lane_max
      || !budget_.take(entry.size())) {
    ++full_;
    return mesh::sent::full;
  }
  if (to.chunks.empty()
      || to.chunks.back().bytes.size() + entry.size() > limits_.frame_bytes) {
    to.chunks.emplace_back().since = now;
    to.chunks.back().bytes.reserve(entry.size());
  }
  auto& last = to.chunks.back();
  last.bytes += entry;
  to.bytes += entry.size();
  if (ticketed)
    last.tickets.push_back({last.entries, std::move(*ticketed)});
  ++last.entries;
  nudge(wake);
  return mesh::sent::queued;
}

mesh::sent outbox::put(far_mail& x, timestamp now, bool& wake) {
  thread_local std::string entry;
  entry.clear();
  if (!append_entry(entry, x, now))
    return mesh::sent::unknown_type;
  auto where = x.forwarded ? mesh_lane::control : lane_of(x.what.what);
  auto waits = who_waits(x.what.what) != nullptr;
  std::lock_guard guard{mutex_};
  if (!up_)
    return mesh::sent::no_link;
  if (where == mesh_lane::positions && is_slow() && conflate(x))
    return mesh::sent::queued;
  return add(where, entry, now, waits ? &x : nullptr, wake);
}

mesh::sent outbox::put(const far_frame& x, timestamp now, bool& wake) {
  thread_local std::string entry;
  entry.clear();
  append_entry(entry, x);
  auto latest =
    x.what == far_frame::act::deliver && x.frame.how == delivery::latest;
  std::lock_guard guard{mutex_};
  if (!up_)
    return mesh::sent::no_link;
  if (latest && is_slow() && conflate(x))
    return mesh::sent::queued;
  return add(latest ? mesh_lane::positions : mesh_lane::commands, entry, now,
             nullptr, wake);
}

mesh::sent outbox::put(std::string_view control, timestamp now, bool& wake) {
  std::string entry;
  append_entry(entry, control);
  std::lock_guard guard{mutex_};
  if (!up_)
    return mesh::sent::no_link;
  return add(mesh_lane::control, entry, now, nullptr, wake);
}

// -- positions for a slow peer ------------------------------------------------

bool outbox::is_slow() const {
  auto& x = lanes_[static_cast<std::size_t>(mesh_lane::positions)];
  return latest_ > 0 || x.bytes > limits_.conflate_above;
}

template <class Map, class Key, class Value>
bool outbox::put_latest(Map& map, Key key, Value&& x) {
  auto found = map.find(key);
  if (found != map.end()) {
    found->second = std::forward<Value>(x);
    ++conflated_;
    return true;
  }
  if (latest_ >= latest_max)
    return false;
  map.emplace(std::move(key), std::forward<Value>(x));
  ++latest_;
  return true;
}

bool outbox::conflate(far_mail& x) {
  auto& what = x.what.what;
  if (!what.match_element<position_batch>(0))
    return put_latest(singles_, single_key{x.to, type_of(what)}, std::move(x));
  auto& batch = moved_[cell_id{x.to.id}];
  unpack(what.get_as<position_batch>(0).packed, [&](const packed_position& p) {
    auto found = batch.find(p.driver);
    if (found != batch.end() && found->second.time > p.time)
      ++conflated_;
    else if (!put_latest(batch, p.driver, p))
      ++full_;
  });
  return true;
}

bool outbox::conflate(const far_frame& x) {
  return put_latest(views_, std::pair{x.frame.to, view_type(x.frame.body)}, x);
}

/// Makes entries of what was kept, for about a frame.
void outbox::spill(timestamp now) {
  bool wake = false;
  std::string entry;
  auto& to = lanes_[static_cast<std::size_t>(mesh_lane::positions)];
  auto room = [&] { return latest_ > 0 && to.bytes < limits_.frame_bytes; };
  auto send = [&] {
    add(mesh_lane::positions, entry, now, nullptr, wake);
    entry.clear();
  };
  while (room() && !moved_.empty()) {
    auto first = moved_.extract(moved_.begin());
    far_mail x;
    x.to = first.key();
    x.until = now + limits_.wait_max;
    position_batch batch;
    for (auto& [who, where] : first.mapped())
      pack(batch.packed, where);
    latest_ -= first.mapped().size();
    if (batch.packed.empty())
      continue;
    x.what.what = caf::make_message(std::move(batch));
    append_entry(entry, x, now);
    send();
  }
  while (room() && !singles_.empty()) {
    auto first = singles_.extract(singles_.begin());
    --latest_;
    append_entry(entry, first.mapped(), now);
    send();
  }
  while (room() && !views_.empty()) {
    auto first = views_.extract(views_.begin());
    --latest_;
    append_entry(entry, first.mapped());
    send();
  }
}

// -- credit -------------------------------------------------------------------

bool outbox::may_send(const chunk& x, bool last) const {
  // One frame always goes, whatever its size: otherwise nothing ever would.
  if (flying_.empty())
    return true;
  if (in_flight_ + x.bytes.size() > limits_.credit)
    return false;
  return !last || flying_.size() < frames_at_once
         || x.bytes.size() * 2 >= limits_.frame_bytes;
}

void outbox::send_lane(lane& x, std::vector<frame>& out) {
  while (!x.chunks.empty()
         && may_send(x.chunks.front(), x.chunks.size() == 1)) {
    auto next = std::move(x.chunks.front());
    x.chunks.pop_front();
    x.bytes -= next.bytes.size();
    budget_.give(next.bytes.size());
    in_flight_ += next.bytes.size();
    in_flight_max_ = std::max(in_flight_max_, in_flight_);
    ++frames_;
    messages_ += next.entries;
    bytes_ += next.bytes.size();
    flying_.push_back({++last_, next.bytes.size(), std::move(next.tickets)});
    out.push_back({last_, std::move(next.bytes)});
  }
}

std::vector<outbox::frame> outbox::take(timestamp now) {
  std::vector<frame> out;
  std::lock_guard guard{mutex_};
  told_ = false;
  if (!up_)
    return out;
  for (auto& x : lanes_) {
    send_lane(x, out);
    // What waits for credit is not overtaken by what matters less.
    if (!x.chunks.empty()
        && in_flight_ + x.chunks.front().bytes.size() > limits_.credit)
      return out;
  }
  auto& positions = lanes_[static_cast<std::size_t>(mesh_lane::positions)];
  while (latest_ > 0 && positions.chunks.empty()
         && in_flight_ < limits_.credit) {
    told_ = true; // Nobody needs to be told of what we put ourselves.
    spill(now);
    told_ = false;
    send_lane(positions, out);
  }
  return out;
}

std::optional<far_mail> outbox::nacked(std::uint64_t number,
                                       std::uint32_t index) {
  std::lock_guard guard{mutex_};
  ++nacked_;
  if (flying_.empty() || number < flying_.front().number
      || number > flying_.back().number)
    return std::nullopt;
  auto& from = flying_[number - flying_.front().number].tickets;
  auto found = std::find_if(from.begin(), from.end(),
                            [&](auto& x) { return x.index == index; });
  if (found == from.end())
    return std::nullopt;
  auto what = std::move(found->what);
  from.erase(found);
  return what;
}

void outbox::acked(std::uint64_t number) {
  std::lock_guard guard{mutex_};
  while (!flying_.empty() && flying_.front().number <= number) {
    in_flight_ -= flying_.front().bytes;
    flying_.pop_front();
  }
}

// -- what does not arrive -----------------------------------------------------

void outbox::open() {
  std::lock_guard guard{mutex_};
  up_ = true;
  told_ = false;
  last_ = 0;
}

std::vector<outbox::back> outbox::close() {
  std::vector<back> result;
  std::lock_guard guard{mutex_};
  up_ = false;
  for (auto& x : flying_)
    for (auto& t : x.tickets)
      result.push_back({std::move(t.what), mesh_nack::link_lost});
  flying_.clear();
  in_flight_ = 0;
  for (auto& l : lanes_) {
    for (auto& x : l.chunks) {
      lost_ += x.entries - x.tickets.size();
      for (auto& t : x.tickets)
        result.push_back({std::move(t.what), mesh_nack::not_sent});
    }
    l.chunks.clear();
    budget_.give(std::exchange(l.bytes, 0));
  }
  lost_ += std::exchange(latest_, 0);
  moved_.clear();
  singles_.clear();
  views_.clear();
  return result;
}

std::vector<outbox::back> outbox::expire(timestamp now) {
  std::vector<back> result;
  std::lock_guard guard{mutex_};
  for (auto& l : lanes_)
    while (!l.chunks.empty()
           && l.chunks.front().since + limits_.wait_max <= now) {
      auto old = std::move(l.chunks.front());
      l.chunks.pop_front();
      l.bytes -= old.bytes.size();
      budget_.give(old.bytes.size());
      expired_ += old.entries;
      for (auto& t : old.tickets)
        result.push_back({std::move(t.what), mesh_nack::not_sent});
    }
  for (auto& x : flying_)
    std::erase_if(x.tickets, [&](ticket& t) {
      if (now < t.what.until)
        return false;
      ++expired_;
      result.push_back({std::move(t.what), mesh_nack::expired});
      return true;
    });
  return result;
}

void outbox::describe(peer_report& out) const {
  std::lock_guard guard{mutex_};
  out.frames_out = frames_;
  out.messages_out = messages_;
  out.bytes_out = bytes_;
  out.in_flight = in_flight_;
  out.in_flight_max = in_flight_max_;
  for (auto& x : lanes_)
    out.waiting += x.bytes;
  out.conflated = conflated_;
  out.refused_full = full_;
  out.expired = expired_;
  out.lost = lost_;
  out.nacked = nacked_;
}

} // namespace hansom
