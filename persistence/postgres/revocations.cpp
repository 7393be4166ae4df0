#include "persistence/postgres/revocations.hpp"

#include "persistence/postgres/values.hpp"

#include <pqxx/pqxx>

namespace hansom::store::postgres {

revocation_table::revocation_table(session& db) : db_{db} {
  db_.prepare("put_revocation",
              "SELECT hansom.put_revocation($1, $2, $3, $4, $5, $6)");
  db_.prepare("revocations",
              "SELECT pos, name, issued_before, at, until, by, reason FROM "
              "hansom.revocation WHERE pos > $1 ORDER BY pos LIMIT $2");
  db_.prepare("forget_revocations", "SELECT hansom.forget_revocations($1)");
}

void revocation_table::put(const revocation_row& x) {
  db_.run("put_revocation",
          {x.name, std::to_string(x.issued_before.ms), std::to_string(x.at.ms),
           std::to_string(x.until.ms), x.by, x.reason});
}

std::vector<revocation_row> revocation_table::after(std::uint64_t pos,
                                                    std::size_t limit) {
  std::vector<revocation_row> out;
  for (auto row :
       db_.run("revocations", {std::to_string(pos), std::to_string(limit)})) {
    auto& x = out.emplace_back();
    x.pos = natural(row[0]);
    x.name = text(row[1]);
    x.issued_before.ms = integer(row[2]);
    x.at.ms = integer(row[3]);
    x.until.ms = integer(row[4]);
    x.by = text(row[5]);
    x.reason = text(row[6]);
  }
  return out;
}

std::uint64_t revocation_table::forget(timestamp now) {
  auto rows = db_.run("forget_revocations", {std::to_string(now.ms)});
  return natural(rows[0][0]);
}

} // namespace hansom::store::postgres
