#include "cluster/redis/redis_ports.hpp"

#include "actors/cell/position_pack.hpp"

#include <sodium.h>

#include <array>
#include <cstring>

namespace hansom {

namespace {

/// Whoever reads Redis learns no session from it: only who has the secret can
/// make the key.
std::string key_of(const resume_mirror::session_name& x) {
  std::array<unsigned char, 17> in{};
  std::memcpy(in.data(), &x.secret, 8);
  std::memcpy(in.data() + 8, &x.client.id, 8);
  in[16] = static_cast<unsigned char>(x.client.kind);
  std::array<unsigned char, 16> digest{};
  std::array<unsigned char, 8> key{};
  std::memcpy(key.data(), &x.session, 8);
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, digest.size());
  crypto_generichash_update(&state, key.data(), key.size());
  crypto_generichash_update(&state, in.data(), in.size());
  crypto_generichash_final(&state, digest.data(), digest.size());
  std::array<char, 33> text{};
  sodium_bin2hex(text.data(), text.size(), digest.data(), digest.size());
  return {text.data(), 32};
}

} // namespace

void board_positions::moved(cell_id cell, std::string_view packed) {
  // Small batches are the rule; large ones go in pieces.
  std::array<redis::driver_place, 64> places;
  std::size_t n = 0;
  unpack(packed, [&](const packed_position& p) {
    places.at(n++) = {p.driver, cell, p.at, p.time, p.heading_deg, false};
    if (n == places.size()) {
      to_.take(places.data(), n);
      n = 0;
    }
  });
  if (n != 0)
    to_.take(places.data(), n);
}

void board_positions::gone(driver_id driver, cell_id cell) {
  redis::driver_place x;
  x.driver = driver;
  x.cell = cell;
  x.gone = true;
  to_.take(&x, 1);
}

void stream_mirror::push(const session_name& whose, std::uint64_t seq,
                         std::uint32_t life, std::uint64_t oldest,
                         std::string_view frame) {
  to_.push(key_of(whose), seq, life, oldest, frame);
}

void stream_mirror::expire(const session_name& whose, milliseconds within) {
  to_.expire(key_of(whose), within);
}

void stream_mirror::fetch(const session_name& whose, std::uint64_t seq,
                          past_callback done) {
  to_.fetch(key_of(whose), seq, patience,
            [this, done = std::move(done)](
              std::optional<redis::resume_store::found> x) {
              ++(x ? found_ : missed_);
              if (x)
                done(past{std::move(x->frames), x->life});
              else
                done(std::nullopt);
            });
}

void counted_hellos::count(entity_ref client, std::function<void()> too_many) {
  constexpr milliseconds minute{60'000};
  constexpr milliseconds patience{1000};
  auto window = static_cast<std::uint64_t>(now_().ms / minute.count());
  with_.hit("hello:" + to_string(client), window, minute, patience,
            [most = per_minute_,
             too_many = std::move(too_many)](std::optional<std::uint64_t> n) {
              if (n && *n > most)
                too_many();
            });
}

} // namespace hansom
