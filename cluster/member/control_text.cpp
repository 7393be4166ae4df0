#include "cluster/member/control_text.hpp"

#include <concepts>

namespace hansom {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t nodes_max = 1024;

template <std::unsigned_integral T>
void put(std::string& out, T x) {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    out += static_cast<char>((x >> (8 * i)) & 0xff);
}

template <std::unsigned_integral T>
bool take(std::string_view& in, T& x) {
  if (in.size() < sizeof(T))
    return false;
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    all |= std::uint64_t{static_cast<unsigned char>(in[i])} << (8 * i);
  x = static_cast<T>(all);
  in.remove_prefix(sizeof(T));
  return true;
}

} // namespace

std::string to_bytes(const core::control& x) {
  std::string out;
  put(out, version);
  put(out, static_cast<std::uint8_t>(x.kind));
  put(out, x.shard);
  put(out, x.epoch);
  put(out, x.node);
  put(out, x.number);
  put(out, std::uint8_t{x.yes});
  put(out, static_cast<std::uint16_t>(x.nodes.size()));
  for (auto node : x.nodes)
    put(out, node);
  return out;
}

std::optional<core::control> to_control(std::string_view bytes) {
  core::control x;
  std::uint8_t what = 0;
  std::uint8_t kind = 0;
  std::uint8_t yes = 0;
  std::uint16_t count = 0;
  auto head = take(bytes, what) && what == version && take(bytes, kind)
              && take(bytes, x.shard) && take(bytes, x.epoch)
              && take(bytes, x.node) && take(bytes, x.number)
              && take(bytes, yes) && take(bytes, count);
  if (!head || yes > 1 || count > nodes_max || x.shard >= shard_count
      || bytes.size() != count * sizeof(store::incarnation))
    return {};
  x.kind = static_cast<core::control_kind>(kind);
  if (core::to_string(x.kind) == "?")
    return {};
  x.yes = yes == 1;
  x.nodes.resize(count);
  for (auto& node : x.nodes)
    take(bytes, node);
  return x;
}

} // namespace hansom
