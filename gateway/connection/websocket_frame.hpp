#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hansom {

/// Appends one whole text message as a server sends it: unmasked, in a single
/// frame, without extensions (RFC 6455, 5.2).
inline void append_text_frame(std::string& out, std::string_view text) {
  constexpr char whole_text = static_cast<char>(0x81);
  auto size = text.size();
  char head[10] = {whole_text};
  std::size_t used = 2;
  if (size < 126) {
    head[1] = static_cast<char>(size);
  } else {
    auto wide = size > 0xffff;
    head[1] = static_cast<char>(wide ? 127 : 126);
    for (auto shift = wide ? 64 : 16; shift > 0;)
      head[used++] = static_cast<char>(size >> (shift -= 8));
  }
  out.append(head, used).append(text);
}

} // namespace hansom
