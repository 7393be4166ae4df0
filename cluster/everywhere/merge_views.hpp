#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace hansom {

/// Adds what another node says to a view of the same kind. Counts add up; times
/// and percentiles, and what ends in _max, are the greatest; lists are joined,
/// and their rows name their `node`; in `totals`, `by`, `drops` and `messages`
/// rows of the same names become one. Pure.
void merge_view(nlohmann::json& into, const nlohmann::json& more);

/// Names the node in the rows of a view's lists.
void sign_rows(nlohmann::json& view, const std::string& node);

/// Puts joined lists in order: those of actors and trips by `sort`, of which
/// `limit` are kept; incidents and traces by their times.
void order_rows(nlohmann::json& view, std::string_view sort, std::size_t limit);

} // namespace hansom
