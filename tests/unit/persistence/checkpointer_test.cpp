#include "persistence/sqlite/checkpointer.hpp"

#include <doctest/doctest.h>

using hansom::store::sqlite::wal_pages_due;

TEST_CASE("the WAL leaves room on its disk for what it holds") {
  constexpr std::uintmax_t page = 4'096;
  constexpr std::uintmax_t mib = 1 << 20;
  SUBCASE("a large disk lets it grow, to 128 MiB") {
    CHECK(wal_pages_due(1'000 * mib) * page == 128 * mib);
    CHECK(wal_pages_due(~std::uintmax_t{0}) * page == 128 * mib);
  }
  SUBCASE("a small one half of what is free") {
    CHECK(wal_pages_due(44 * mib) * page == 22 * mib);
    for (std::uintmax_t free = 2 * mib; free <= 256 * mib; free += mib)
      CHECK(wal_pages_due(free) * page <= free / 2);
  }
  SUBCASE("a full one is not copied to and fro for nothing") {
    CHECK(wal_pages_due(0) * page == mib);
  }
}
