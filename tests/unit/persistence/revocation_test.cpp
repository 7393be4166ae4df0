#include "persistence/lasting.hpp"
#include "tests/unit/persistence/store_fixture.hpp"

using namespace hansom;
using namespace hansom::store;
using namespace hansom::store::testing;

namespace {

revocation_row revoked(std::string name, std::int64_t before,
                       std::int64_t until = 5000) {
  return {0, std::move(name), {before}, {1000}, {until}, "7", "lost phone"};
}

std::vector<std::string> names(const std::vector<revocation_row>& rows) {
  std::vector<std::string> out;
  out.reserve(rows.size());
  for (auto& x : rows)
    out.push_back(x.name + " " + std::to_string(x.issued_before.ms));
  return out;
}

using texts = std::vector<std::string>;

} // namespace

TEST_CASE_TEMPLATE("revocations are read by number, each once", Backend,
                   ALL_STORES) {
  Backend backend;
  auto& from = backend.make();
  auto db = from.open();
  CHECK(db->revocations_after(0, 10).empty());
  auto first = revoked("driver/7", 900);
  db->put_revocation(first);
  db->put_revocation(revoked("jti/t1", 0));
  db->put_revocation(revoked("driver/7", 950));
  db->put_revocation(revoked("driver/7", 900, 9999)); // Known already.
  auto rows = db->revocations_after(0, 10);
  REQUIRE(names(rows) == texts{"driver/7 900", "jti/t1 0", "driver/7 950"});
  first.pos = rows[0].pos;
  CHECK(rows[0] == first);
  CHECK(rows[0].pos < rows[1].pos);
  CHECK(rows[1].pos < rows[2].pos);
  CHECK(names(db->revocations_after(rows[0].pos, 1)) == texts{"jti/t1 0"});
  // Another connection sees them, and what it says is heard here.
  auto other = make_lasting(std::shared_ptr<factory>{&from, [](auto*) {}});
  CHECK(other->revocations_after(0, 10) == rows);
  other->put_revocation(revoked("rider/1", 990));
  CHECK(names(db->revocations_after(rows[2].pos, 10)) == texts{"rider/1 990"});
}

TEST_CASE_TEMPLATE("a revocation outlives the process, until its time", Backend,
                   ALL_STORES) {
  Backend backend;
  auto db = backend.make().open();
  db->put_revocation(revoked("driver/1", 1, 2000));
  db->put_revocation(revoked("driver/2", 1, 4000));
  db->put_revocation(revoked("driver/3", 1, 2999));
  auto last = db->revocations_after(0, 10).back().pos;
  CHECK(db->forget_revocations({1000}) == 3);
  CHECK(db->forget_revocations({3000}) == 1);
  db->put_revocation(revoked("driver/4", 1, 2999));
  CHECK(db->revocations_after(0, 10).back().pos > last);
  db.reset();
  auto* again = backend.reopen();
  if (again == nullptr)
    return;
  CHECK(names(again->open()->revocations_after(0, 10))
        == texts{"driver/2 1", "driver/4 1"});
}

TEST_CASE("a node's clock that runs ahead forgets nothing on a server") {
  on_postgres backend;
  auto db = backend.make().open();
  constexpr std::int64_t far = 9'000'000'000'000;
  db->put_revocation(revoked("driver/1", 1, far));
  CHECK(db->forget_revocations({far + 1}) == 1);
}
