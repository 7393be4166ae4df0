#include "actors/cell/position_pack.hpp"

namespace hansom {

namespace {

template <class T>
char* put(char* to, T x) noexcept {
  std::memcpy(to, &x, sizeof x);
  return to + sizeof x;
}

} // namespace

void pack(std::string& out, const packed_position& x) {
  if (out.empty())
    out.push_back(position_pack_version);
  char bytes[packed_position_size];
  auto p = put(bytes, x.driver.value);
  p = put(p, x.at.lat_e7);
  p = put(p, x.at.lon_e7);
  p = put(p, x.time.ms);
  put(p, x.heading_deg);
  out.append(bytes, sizeof bytes);
}

std::size_t packed_count(std::string_view batch) noexcept {
  if (batch.empty() || batch.front() != position_pack_version
      || (batch.size() - 1) % packed_position_size != 0)
    return 0;
  auto n = (batch.size() - 1) / packed_position_size;
  return n <= packed_positions_max ? n : 0;
}

bool is_well_formed(std::string_view batch) noexcept {
  if (packed_count(batch) == 0)
    return false;
  auto end = batch.data() + batch.size();
  for (auto p = batch.data() + 1; p != end; p += packed_position_size) {
    auto x = detail::read_position(p);
    if (!x.driver || !is_valid(x.at) || x.heading_deg >= 360)
      return false;
  }
  return true;
}

} // namespace hansom
