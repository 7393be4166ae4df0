// Any bytes: decode_frame takes them or names one error, and what it takes
// can be written and read again to the same message.

#include "protocol/json/json.hpp"

#include <caf/deep_to_string.hpp>

#include <cstdio>
#include <cstdlib>

namespace {

void require(bool x, const char* what) {
  if (x)
    return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

std::string shown(hansom::client_message& x) {
  return std::visit([](auto& body) { return caf::deep_to_string(body); }, x);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace hansom;
  std::string_view text{reinterpret_cast<const char*>(data), size};
  decoded_frame frame;
  decode_error error;
  if (!decode_frame(text, frame, error)) {
    require(error.code != error_code::none, "an error has a code");
    require(!error.message.empty(), "an error has a sentence");
    require(error.message.size() < 500, "an error is short");
    return 0;
  }
  auto again = encode_frame(frame.id, frame.body, frame.trace);
  if (again.size() > inbound_frame_max)
    return 0; // The writer spells numbers out; that may not fit any more.
  decoded_frame back;
  require(decode_frame(again, back, error), "what was taken is taken again");
  require(back.id == frame.id, "the id comes back");
  require(to_text(back.trace) == to_text(frame.trace), "the trace comes back");
  require(back.body.index() == frame.body.index(), "the type comes back");
  require(shown(back.body) == shown(frame.body), "the fields come back");
  return 0;
}
