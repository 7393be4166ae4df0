// Any bytes: where scan_position takes them, the full decoder reads the same.

#include "protocol/json/json.hpp"

#include <caf/deep_to_string.hpp>

#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace hansom;
  std::string_view text{reinterpret_cast<const char*>(data), size};
  position fast;
  if (scan_position(text, fast) != 1)
    return 0;
  decoded_frame slow;
  decode_error error;
  if (decode_document(text, slow, error)
      && std::holds_alternative<position>(slow.body)
      && caf::deep_to_string(std::get<position>(slow.body))
           == caf::deep_to_string(fast))
    return 0;
  std::fprintf(stderr, "the decoder disagrees: %s %s\n", error.where.c_str(),
               error.message.c_str());
  std::abort();
}
