#include "cluster/mesh/mail_codec.hpp"

#include "actors/type_ids.hpp"
#include "cluster/mesh/wire.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <array>
#include <typeinfo>
#include <unordered_map>

namespace hansom {

namespace {

template <class... Ts>
struct types {};

/// A type's place is its number between nodes: add at the end, never remove.
using plain_types =
  types<attach, detach, position_batch, driver_moved, trip_position,
        driver_status, want_driver, unwant_driver, offer_proposal,
        proposal_answer, offer_held, offer_taken, offer_ended, borrow, lend,
        surge_hint, open_trip, open_failed, trip_for_rider, trip_for_driver,
        tell_again, nearly_free, your_turn, driver_unreachable, driver_near,
        surge_news, passivate, believed_trip>;
/// The same for commands: (client_ref, T).
using command_types =
  types<shift_start, shift_end, offer_accept, offer_decline, trip_arrived,
        trip_start, trip_complete, trip_cancel, trip_no_show, quote_ask,
        trip_request, trip_rate, nearby_ask, trip_end>;

using encoder = void (*)(std::string&, const caf::message&);
using decoder = bool (*)(std::string_view, caf::message&);

struct codec {
  encoder encode = nullptr;
  decoder decode = nullptr;
  std::uint8_t number = 0;
};

template <class T>
codec plain(std::uint8_t number) {
  return {[](std::string& out, const caf::message& x) {
            wire::append(out, x.get_as<T>(0));
          },
          [](std::string_view in, caf::message& x) {
            T y{};
            if (!wire::read(in, y))
              return false;
            x = caf::make_message(std::move(y));
            return true;
          },
          number};
}

/// The client goes before, behind its size, so that both parts can grow.
template <class T>
codec command(std::uint8_t number) {
  return {[](std::string& out, const caf::message& x) {
            auto at = out.size();
            wire::append(out, std::uint16_t{0});
            wire::append(out, x.get_as<client_ref>(0));
            auto size = static_cast<std::uint16_t>(out.size() - at - 2);
            std::memcpy(out.data() + at, &size, sizeof size);
            wire::append(out, x.get_as<T>(1));
          },
          [](std::string_view in, caf::message& x) {
            std::uint16_t size = 0;
            client_ref from;
            T y{};
            if (!wire::read(in, size) || in.size() < size + sizeof size
                || !wire::read(in.substr(sizeof size, size), from)
                || !wire::read(in.substr(sizeof size + size), y))
              return false;
            x = caf::make_message(std::move(from), std::move(y));
            return true;
          },
          number};
}

/// Commands are numbered from here on.
constexpr std::uint8_t first_command = 128;

/// For both forms; and by our own number. CAF numbers its own types only: all
/// of ours have 0.
struct table {
  using by_type = std::unordered_map<const std::type_info*, codec>;

  by_type plain_of;
  by_type command_of;
  std::array<decoder, 256> decode{};

  table() {
    add_plain(plain_types{});
    add_commands(command_types{});
  }

  template <class... Ts>
  void add_plain(types<Ts...>) {
    std::uint8_t n = 0;
    (add(plain_of, typeid(Ts), plain<Ts>(n++)), ...);
  }
  template <class... Ts>
  void add_commands(types<Ts...>) {
    auto n = first_command;
    (add(command_of, typeid(Ts), command<Ts>(n++)), ...);
  }
  void add(by_type& to, const std::type_info& type, codec x) {
    to.emplace(&type, x);
    decode[x.number] = x.decode;
  }
};

const table& codecs() {
  static const table all;
  return all;
}

const codec* codec_of(const caf::message& x) {
  if (x.empty() || x.size() > 2)
    return nullptr;
  auto is_command = x.size() == 2;
  if (is_command && !x.match_element<client_ref>(0))
    return nullptr;
  auto& all = is_command ? codecs().command_of : codecs().plain_of;
  auto found = all.find(x.type(x.size() - 1).second);
  return found == all.end() ? nullptr : &found->second;
}

enum flag : std::uint8_t {
  is_urgent = 1,
  is_fresh = 2,
  is_forwarded = 4,
  has_origin = 8,
};

std::size_t begin_entry(std::string& out, entry_kind kind) {
  out.push_back(static_cast<char>(kind));
  wire::append(out, std::uint32_t{0});
  return out.size();
}

void end_entry(std::string& out, std::size_t begin) {
  auto size = static_cast<std::uint32_t>(out.size() - begin);
  std::memcpy(out.data() + begin - sizeof size, &size, sizeof size);
}

struct mail_head {
  std::uint8_t flags = 0;
  std::uint8_t hops = 0;
  std::uint8_t number = 0;
  std::uint16_t left_ms = 0;
  entity_ref to;
};

template <class Inspector>
void inspect(Inspector& f, mail_head& x) {
  f(x.flags, x.hops, x.number, x.left_ms, x.to.kind, x.to.id);
}

struct origin {
  shard_id shard = no_shard;
  store::epoch epoch = 0;
};

template <class Inspector>
void inspect(Inspector& f, origin& x) {
  f(x.shard, x.epoch);
}

struct frame_head {
  std::uint8_t what = 0;
  std::uint8_t how = 0;
  std::uint8_t hops = 0;
  origin from;
  session_ref to;
  std::uint64_t word = 0; ///< Close code or trip.
};

template <class Inspector>
void inspect(Inspector& f, frame_head& x) {
  f(x.what, x.how, x.hops, x.from, x.to, x.word);
}

} // namespace

bool append_entry(std::string& out, const far_mail& x, timestamp now) {
  auto* how = codec_of(x.what.what);
  if (!how)
    return false;
  auto begin = begin_entry(out, entry_kind::mail);
  mail_head head;
  if (x.what.priority == caf::message_priority::high)
    head.flags |= is_urgent;
  if (x.fresh)
    head.flags |= is_fresh;
  if (x.forwarded)
    head.flags |= is_forwarded;
  if (x.from_shard != no_shard)
    head.flags |= has_origin;
  head.hops = x.hops;
  head.number = how->number;
  head.left_ms = static_cast<std::uint16_t>(
    std::clamp<std::int64_t>((x.until - now).count(), 0, 60'000));
  head.to = x.to;
  wire::append(out, head);
  if (x.from_shard != no_shard)
    wire::append(out, origin{x.from_shard, x.from_epoch});
  how->encode(out, x.what.what);
  end_entry(out, begin);
  return true;
}

bool read_entry(std::string_view in, far_mail& x, timestamp now) {
  wire::reader r{in};
  mail_head head;
  r.get(head);
  origin from;
  if ((head.flags & has_origin) != 0) {
    r.get(from);
  }
  if (!r.ok() || head.to.kind < entity_kind::driver
      || head.to.kind > entity_kind::cell
      || (from.shard != no_shard && from.shard >= shard_count))
    return false;
  x.to = head.to;
  x.fresh = (head.flags & is_fresh) != 0;
  x.forwarded = (head.flags & is_forwarded) != 0;
  x.hops = head.hops;
  x.from_shard = from.shard;
  x.from_epoch = from.epoch;
  x.until = now + milliseconds{head.left_ms};
  x.what.priority = (head.flags & is_urgent) != 0
                      ? caf::message_priority::high
                      : caf::message_priority::normal;
  auto decode = codecs().decode[head.number];
  return decode && decode(r.rest(), x.what.what);
}

void append_entry(std::string& out, const far_frame& x) {
  auto begin = begin_entry(out, entry_kind::client);
  frame_head head;
  head.what = static_cast<std::uint8_t>(x.what);
  head.how = static_cast<std::uint8_t>(x.frame.how);
  head.hops = x.hops;
  head.from = {x.from_shard, x.from_epoch};
  head.to = x.frame.to;
  head.word = x.what == far_frame::act::close
                ? static_cast<std::uint64_t>(x.why)
                : x.trip.value;
  wire::append(out, head);
  wire::append(out, x.frame.re);
  wire::append(out, x.frame.body);
  end_entry(out, begin);
}

bool read_entry(std::string_view in, far_frame& x) {
  wire::reader r{in};
  frame_head head;
  r.get(head);
  r.get(x.frame.re);
  r.get(x.frame.body);
  if (!r.ok() || head.what > 3 || head.how > 2
      || (head.from.shard != no_shard && head.from.shard >= shard_count))
    return false;
  x.what = static_cast<far_frame::act>(head.what);
  x.frame.how = static_cast<delivery>(head.how);
  x.hops = head.hops;
  x.from_shard = head.from.shard;
  x.from_epoch = head.from.epoch;
  x.frame.to = head.to;
  if (x.what == far_frame::act::close)
    x.why = static_cast<close_code>(head.word);
  else
    x.trip = trip_id{head.word};
  return true;
}

void append_entry(std::string& out, std::string_view control) {
  auto begin = begin_entry(out, entry_kind::control);
  out += control;
  end_entry(out, begin);
}

mesh_lane lane_of(const caf::message& x) noexcept {
  if (x.size() != 1)
    return mesh_lane::commands;
  if (x.match_element<position_batch>(0) || x.match_element<driver_moved>(0)
      || x.match_element<driver_near>(0))
    return mesh_lane::positions;
  if (x.match_element<trip_position>(0))
    return x.get_as<trip_position>(0).track_only ? mesh_lane::commands
                                                 : mesh_lane::positions;
  return mesh_lane::commands;
}

} // namespace hansom
