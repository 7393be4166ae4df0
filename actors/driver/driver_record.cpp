#include "actors/driver/driver_record.hpp"

#include "actors/stored_record.hpp"
#include "protocol/json/writer.hpp"

#include <variant>

namespace hansom {

namespace {

struct fits {
  const driver_record& x;

  bool operator()(const shift_started&) const {
    return !x.on_shift;
  }
  bool operator()(const shift_end_asked&) const {
    return x.on_shift && !x.ending;
  }
  bool operator()(const shift_ended&) const {
    return x.on_shift;
  }
};

struct take_in {
  driver_record& x;

  void operator()(const shift_started& e) const {
    x.on_shift = true;
    x.ending = false;
    x.classes = e.classes;
    if (x.classes.empty())
      x.classes.push_back(service_class::standard);
    x.vehicle = e.vehicle;
    x.since = e.at;
  }
  void operator()(const shift_end_asked&) const {
    x.ending = true;
  }
  void operator()(const shift_ended& e) const {
    x.on_shift = false;
    x.ending = false;
    x.since = e.at;
  }
};

} // namespace

bool apply(driver_record& x, driver_event event) {
  if (!std::visit(fits{x}, event))
    return false;
  std::visit(take_in{x}, event);
  ++x.rev;
  return true;
}

std::string encode(const driver_record& x) {
  std::string out;
  json::append(out, x);
  return out;
}

bool decode(std::string_view text, driver_record& out, std::string& why) {
  return decode_stored(text, out, why);
}

} // namespace hansom
