#include "persistence/sqlite/shared.hpp"

namespace hansom::store::sqlite {

shard_table load_shards(database& db) {
  shard_table out;
  statement rows{db, "SELECT shard, epoch, owner, max(trimmed_seq, coalesce("
                     "(SELECT max(shard_seq) FROM journal "
                     "WHERE journal.shard = shard.shard), 0)) FROM shard"};
  while (rows.step()) {
    auto& x = out.at(rows.natural(0));
    x.now = rows.natural(1);
    x.owner = rows.natural(2);
    x.last_seq = rows.natural(3);
  }
  return out;
}

} // namespace hansom::store::sqlite
