#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace hansom::fleet {

/// A whole masked websocket frame of positions, whose numbers are overwritten
/// in place: no formatting and no masking per position. The mask is zero, so
/// that what is on the wire is the text itself.
class position_frame {
public:
  /// @param lon_width digits before the point: JSON allows no leading zero.
  position_frame(std::uint32_t points, std::size_t lon_width);

  /// @pre north of 10 degrees, west, and as many digits as `lon_width`.
  void set(std::size_t point, std::int32_t lat_e7, std::int32_t lon_e7,
           std::int64_t time_ms);

  const std::string& bytes() const noexcept {
    return bytes_;
  }

private:
  std::size_t lon_width_;
  std::size_t time_at_ = 0;
  std::string bytes_;
  std::vector<std::size_t> offsets_;
};

} // namespace hansom::fleet
