#pragma once

#include "cluster/mesh/mesh.hpp"

#include <cstring>
#include <string>
#include <string_view>
#include <typeinfo>

namespace hansom {

/// Which message types nodes exchange, and how an entry of a frame looks: its
/// kind (8 bits), its size (32), its bytes.
enum class entry_kind : std::uint8_t { mail = 1, client = 2, control = 3 };

inline constexpr std::size_t entry_head = 5;
/// No entry may be larger.
inline constexpr std::size_t entry_max = std::size_t{512} << 10;

/// Appends an entry. Nothing is appended on failure.
/// @returns `false` when the mail's type does not travel between nodes.
bool append_entry(std::string& out, const far_mail& x, timestamp now);
void append_entry(std::string& out, const far_frame& x);
void append_entry(std::string& out, std::string_view control);

/// Reads the bytes of an entry, without head.
/// @returns `false` when they make no sense.
bool read_entry(std::string_view in, far_mail& x, timestamp now);
bool read_entry(std::string_view in, far_frame& x);

/// Calls `visit(entry_kind, std::string_view)` for each entry of a frame.
/// @returns `false` when the frame is malformed; what came before has been
///          visited.
template <class Visitor>
bool for_each_entry(std::string_view frame, Visitor&& visit) {
  while (!frame.empty()) {
    if (frame.size() < entry_head)
      return false;
    std::uint32_t size = 0;
    std::memcpy(&size, frame.data() + 1, sizeof size);
    auto kind = static_cast<entry_kind>(frame.front());
    frame.remove_prefix(entry_head);
    if (size > frame.size() || size > entry_max || kind < entry_kind::mail
        || kind > entry_kind::control)
      return false;
    visit(kind, frame.substr(0, size));
    frame.remove_prefix(size);
  }
  return true;
}

/// Tells message types apart, for conflation.
inline const std::type_info* type_of(const caf::message& x) noexcept {
  return x.type(0).second;
}

/// @returns the lane for a message.
mesh_lane lane_of(const caf::message& x) noexcept;

} // namespace hansom
