#include "actors/driver/driver_record.hpp"
#include "tests/unit/actors/property.hpp"

using namespace hansom;

TEST_CASE("a shift starts, is asked to end, and ends") {
  driver_record x;
  x.driver = {7};
  CHECK_FALSE(apply(x, shift_ended{{1}, cause::driver}));
  CHECK_FALSE(apply(x, shift_end_asked{{1}}));
  CHECK(apply(x, shift_started{{2}, {}, std::string{"red van"}}));
  CHECK(x.classes == std::vector<service_class>{service_class::standard});
  CHECK_FALSE(apply(x, shift_started{{3}, {}, {}}));
  CHECK(apply(x, shift_end_asked{{4}}));
  CHECK_FALSE(apply(x, shift_end_asked{{5}}));
  CHECK(x.ending);
  driver_record back;
  std::string why;
  REQUIRE(decode(encode(x), back, why));
  CHECK(encode(back) == encode(x));
  CHECK(back.ending);
  CHECK(apply(x, shift_ended{{6}, cause::driver}));
  CHECK_FALSE(x.on_shift);
  CHECK(x.rev == 3);
  CHECK(x.since == timestamp{6});
}

TEST_CASE("a shift is on or off, whatever is tried") {
  holds("random driver events", [] {
    driver_record x;
    for (int i = 1; i < 30; ++i) {
      driver_event e;
      switch (*between(0, 2)) {
      case 0:
        e = shift_started{{i}, {service_class::xl}, {}};
        break;
      case 1:
        e = shift_end_asked{{i}};
        break;
      default:
        e = shift_ended{{i}, cause::system};
      }
      auto before = x.rev;
      auto taken = apply(x, e);
      RC_ASSERT(x.rev == before + (taken ? 1 : 0));
      RC_ASSERT((!x.ending || x.on_shift));
    }
  });
}
