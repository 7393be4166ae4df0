// Any bytes: where scan_command takes them, the full decoder reads the same.

#include "protocol/command_scan.hpp"

#include <caf/deep_to_string.hpp>

#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace hansom;
  std::string_view text{reinterpret_cast<const char*>(data), size};
  decoded_frame fast;
  if (!scan_command(text, fast))
    return 0;
  auto shown = [](const decoded_frame& x) {
    return x.id + ' ' + to_text(x.trace) + ' ' + std::to_string(x.body.index())
           + ' '
           + std::visit([](auto body) { return caf::deep_to_string(body); },
                        x.body);
  };
  decoded_frame slow;
  decode_error error;
  if (decode_document(text, slow, error) && shown(slow) == shown(fast))
    return 0;
  std::fprintf(stderr, "the decoder disagrees: %s %s\n", error.where.c_str(),
               error.message.c_str());
  std::abort();
}
