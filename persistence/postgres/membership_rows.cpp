#include "persistence/postgres/membership_rows.hpp"

#include "persistence/postgres/values.hpp"

#include <pqxx/pqxx>

namespace hansom::store::postgres {

namespace {

std::uint32_t small(const pqxx::field& x) {
  return static_cast<std::uint32_t>(integer(x));
}

enum row_kind : std::uint8_t { the_view, a_node, a_shard, a_suspicion, a_cut };

} // namespace

std::string view_query() {
  const std::string nothing = ", '', '', '', ''";
  return "SELECT 0, v.version, v.paused::integer::bigint, hansom.now_ms(), "
         "0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint"
         + nothing + " FROM hansom.cluster_view v UNION ALL SELECT 1, "
         + node_columns
         + " FROM hansom.node n WHERE n.status IN (1, 2, 3) OR EXISTS ("
           "SELECT 1 FROM hansom.shard s WHERE s.owner = n.incarnation) "
           "UNION ALL SELECT 2, s.shard, s.epoch, s.owner, 0, 0, 0, 0, 0, 0, "
           "s.pin, '', '', '' FROM hansom.shard s "
           "UNION ALL SELECT 3, s.target, s.reporter, s.hb_seq, s.evidence, "
           "0, 0, 0, 0, 0"
         + nothing
         + " FROM hansom.suspicion s "
           "UNION ALL SELECT 4, c.reporter, c.target, c.since, 0, 0, 0, 0, 0, 0"
         + nothing + " FROM hansom.cut_link c ORDER BY 1, 2, 3";
}

node_row to_node_row(const pqxx::row& row, int from) {
  node_row out;
  out.self = natural(row[from]);
  out.status = static_cast<node_status>(integer(row[from + 1]));
  out.hb_seq = natural(row[from + 2]);
  out.protocol_min = small(row[from + 3]);
  out.protocol_max = small(row[from + 4]);
  out.weight = small(row[from + 5]);
  out.config_hash = natural(row[from + 6]);
  out.since.ms = integer(row[from + 7]);
  out.beat_at.ms = integer(row[from + 8]);
  out.name = text(row[from + 9]);
  out.address = text(row[from + 10]);
  out.url = text(row[from + 11]);
  out.app_version = text(row[from + 12]);
  return out;
}

membership_view to_view(const pqxx::result& rows) {
  membership_view out;
  for (auto row : rows) {
    switch (integer(row[0])) {
    case the_view:
      out.version = natural(row[1]);
      out.rebalance_paused = integer(row[2]) != 0;
      out.now.ms = integer(row[3]);
      break;
    case a_node:
      out.nodes.push_back(to_node_row(row, 1));
      break;
    case a_shard:
      out.shards.push_back({{static_cast<shard_id>(integer(row[1])),
                             natural(row[2]), natural(row[3])},
                            text(row[10])});
      break;
    case a_suspicion:
      out.suspicions.push_back({natural(row[1]), natural(row[2]),
                                natural(row[3]),
                                static_cast<evidence>(integer(row[4]))});
      break;
    default:
      out.cuts.push_back({natural(row[1]), natural(row[2]), {integer(row[3])}});
    }
  }
  return out;
}

std::vector<cluster_event> to_events(const pqxx::result& rows) {
  std::vector<cluster_event> out;
  out.reserve(rows.size());
  for (auto row : rows) {
    auto& x = out.emplace_back();
    x.pos = natural(row[0]);
    x.at.ms = integer(row[1]);
    x.version = natural(row[2]);
    x.node = natural(row[3]);
    x.kind = text(row[4]);
    x.by = text(row[5]);
    x.subject = text(row[6]);
    x.reason = text(row[7]);
  }
  return out;
}

} // namespace hansom::store::postgres
