#include "persistence/sqlite/revocations.hpp"

namespace hansom::store::sqlite {

void put_revocation(database& db, const revocation_row& x) {
  statement{db, "INSERT INTO revocation(name, issued_before, at, until, by, "
                "reason) VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"}
    .bind(x.name, x.issued_before.ms, x.at.ms, x.until.ms, x.by, x.reason)
    .run();
}

std::vector<revocation_row> revocations_after(database& db, std::uint64_t pos,
                                              std::size_t limit) {
  statement rows{db, "SELECT pos, name, issued_before, at, until, by, reason "
                     "FROM revocation WHERE pos > ? ORDER BY pos LIMIT ?"};
  rows.bind(pos, static_cast<std::uint64_t>(limit));
  std::vector<revocation_row> out;
  while (rows.step()) {
    auto& x = out.emplace_back();
    x.pos = rows.natural(0);
    x.name = rows.text(1);
    x.issued_before.ms = rows.integer(2);
    x.at.ms = rows.integer(3);
    x.until.ms = rows.integer(4);
    x.by = rows.text(5);
    x.reason = rows.text(6);
  }
  return out;
}

std::uint64_t forget_revocations(database& db, timestamp now) {
  statement{db, "DELETE FROM revocation WHERE until < ?"}.bind(now.ms).run();
  statement remain{db, "SELECT count(*) FROM revocation"};
  remain.step();
  return remain.natural(0);
}

} // namespace hansom::store::sqlite
