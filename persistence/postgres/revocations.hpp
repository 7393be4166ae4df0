#pragma once

#include "persistence/postgres/session.hpp"

namespace hansom::store::postgres {

/// Table hansom.revocation. All throw `failure`.
class revocation_table {
public:
  explicit revocation_table(session& db);

  void put(const revocation_row& x);
  std::vector<revocation_row> after(std::uint64_t pos, std::size_t limit);
  std::uint64_t forget(timestamp now);

private:
  session& db_;
};

} // namespace hansom::store::postgres
