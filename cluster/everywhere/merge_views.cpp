#include "cluster/everywhere/merge_views.hpp"

#include "protocol/ids.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace hansom {

namespace {

using document = nlohmann::json;

constexpr std::size_t incidents_max = 256;

bool is_one_of(std::string_view x,
               std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), x) != names.end();
}

/// Whether rows of such a list with the same texts are one.
bool is_sum(std::string_view list) {
  return is_one_of(list, {"totals", "by", "drops", "messages"});
}

bool is_greatest(std::string_view name) {
  return is_one_of(name, {"at_ms", "window_s", "until_ms", "p50_us", "p99_us",
                          "mean_us", "deadline_ms"})
         || name.ends_with("_max");
}

void merge_number(std::string_view name, document& into, const document& more) {
  if (is_greatest(name))
    into = std::max(into, more);
  else if (into.is_number_float() || more.is_number_float())
    into = into.get<double>() + more.get<double>();
  else
    into = into.get<std::int64_t>() + more.get<std::int64_t>();
}

/// The texts of two rows are the same.
bool are_alike(const document& a, const document& b) {
  for (auto& [name, x] : a.items())
    if (x.is_string() && b.value(name, document{}) != x)
      return false;
  return true;
}

void merge_rows(std::string_view name, document& into, const document& more) {
  for (auto& row : more) {
    auto same = into.end();
    if (is_sum(name) && row.is_object())
      same = std::find_if(into.begin(), into.end(),
                          [&](auto& x) { return are_alike(x, row); });
    if (same == into.end())
      into.push_back(row);
    else
      merge_view(*same, row);
  }
}

void merge_value(const std::string& name, document& into,
                 const document& more) {
  constexpr std::string_view all_well = "nothing is stuck";
  if (into.is_null() || (name == "verdict" && into == all_well))
    into = more;
  else if (into.is_number() && more.is_number())
    merge_number(name, into, more);
  else if (into.is_boolean() && more.is_boolean())
    into = into.get<bool>() || more.get<bool>();
  else if (into.is_array() && more.is_array())
    merge_rows(name, into, more);
  else if (into.is_object() && more.is_object())
    merge_view(into, more);
}

struct named_order {
  std::string_view sort;
  const char* column;
};
constexpr std::array<named_order, 6> orders{{{"mailbox", "mailbox"},
                                             {"rate", "rate"},
                                             {"busy", "busy_pct"},
                                             {"handled", "handled"},
                                             {"age", "age_s"},
                                             {"running", "running_ms"}}};
/// Of messages, which have no limit.
constexpr std::array<named_order, 5> message_orders{{{"handled", "handled"},
                                                     {"failed", "failed"},
                                                     {"slow", "slow"},
                                                     {"p99", "p99_us"},
                                                     {"busy", "busy_ms"}}};

template <class Orders>
const char* column_of(const Orders& orders, std::string_view sort) {
  auto found = std::find_if(orders.begin(), orders.end(),
                            [sort](auto& x) { return x.sort == sort; });
  return found == orders.end() ? nullptr : found->column;
}

/// A row's place among those that are equal otherwise, the same on each node:
/// by kind, then by number.
entity_ref whom(const document& row) {
  entity_ref out{entity_kind::trip, 0};
  if (auto actor = row.find("actor"); actor != row.end() && actor->is_string())
    parse_entity(actor->get_ref<const std::string&>(), out);
  else
    parse_entity("trip/" + row.value("trip", ""), out);
  return out;
}

void order_list(document& rows, std::string_view sort, std::size_t limit) {
  auto by = column_of(orders, sort);
  struct place {
    double value = 0;
    entity_ref who;
    document row;
  };
  std::vector<place> places;
  for (auto& x : rows)
    places.push_back(
      {by == nullptr ? 0 : x.value(by, 0.0), whom(x), std::move(x)});
  std::stable_sort(places.begin(), places.end(), [](auto& a, auto& b) {
    return a.value != b.value ? a.value > b.value : a.who < b.who;
  });
  places.resize(std::min(places.size(), limit));
  rows = document::array();
  for (auto& x : places)
    rows.push_back(std::move(x.row));
}

void order_messages(document& rows, std::string_view sort) {
  auto by = column_of(message_orders, sort);
  if (by == nullptr)
    by = "handled";
  std::stable_sort(rows.begin(), rows.end(), [by](auto& a, auto& b) {
    return a.value(by, 0.0) > b.value(by, 0.0);
  });
}

/// By the time, and the time since the one before made anew.
void order_trace(document& events) {
  std::stable_sort(events.begin(), events.end(), [](auto& a, auto& b) {
    return a.value("at_ms", std::int64_t{0})
           < b.value("at_ms", std::int64_t{0});
  });
  std::int64_t before = 0;
  for (auto& x : events) {
    auto at = x.value("at_ms", std::int64_t{0});
    x["after_ms"] = before == 0 ? 0 : at - before;
    before = at;
  }
}

void order_incidents(document& rows) {
  std::stable_sort(rows.begin(), rows.end(), [](auto& a, auto& b) {
    return a.value("at_ms", std::int64_t{0})
           > b.value("at_ms", std::int64_t{0});
  });
  while (rows.size() > incidents_max)
    rows.erase(rows.size() - 1);
}

} // namespace

void merge_view(document& into, const document& more) {
  for (auto& [name, x] : more.items())
    merge_value(name, into[name], x);
}

void sign_rows(document& view, const std::string& node) {
  for (auto& [name, x] : view.items()) {
    if (x.is_object()) {
      sign_rows(x, node);
      continue;
    }
    if (!x.is_array() || is_sum(name))
      continue;
    for (auto& row : x)
      if (row.is_object() && !row.contains("node"))
        row["node"] = node;
  }
}

void order_rows(document& view, std::string_view sort, std::size_t limit) {
  for (auto& [name, x] : view.items()) {
    if (name == "actors" || name == "trips") {
      if (x.is_array())
        order_list(x, sort, limit);
    } else if (name == "messages" && x.is_array()) {
      order_messages(x, sort);
    } else if (name == "last" && x.is_array()) {
      order_incidents(x);
    } else if (name == "events" && x.is_array()) {
      order_trace(x);
    } else if (x.is_object()) {
      order_rows(x, sort, limit);
    }
  }
}

} // namespace hansom
