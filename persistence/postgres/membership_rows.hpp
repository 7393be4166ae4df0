#pragma once

#include "persistence/membership.hpp"

#include <pqxx/result>

/// Rows of the membership tables, as our queries select them.
namespace hansom::store::postgres {

/// Columns of `to_node_row`, of hansom.node n.
inline constexpr const char* node_columns =
  "n.incarnation, n.status, n.hb_seq, n.protocol_min, n.protocol_max, "
  "n.weight, n.config_hash, n.since, n.hb_at, n.name, n.address, n.url, "
  "n.app_version";

/// One query for all of a view: first a number that says what the row is, then
/// nine numbers and four texts.
std::string view_query();

/// @param from where the columns begin.
node_row to_node_row(const pqxx::row& row, int from);
membership_view to_view(const pqxx::result& rows);

/// Columns of `to_event`.
inline constexpr const char* event_columns =
  "pos, at, version, node, kind, by, subject, reason";
std::vector<cluster_event> to_events(const pqxx::result& rows);

} // namespace hansom::store::postgres
