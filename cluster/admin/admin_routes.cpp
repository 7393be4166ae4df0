#include "cluster/admin/admin_routes.hpp"

#include "cluster/admin/admin_desk.hpp"
#include "protocol/json_writer.hpp"

#include <mutex>

namespace hansom {

namespace {

constexpr std::size_t cells_max = 500;

/// Gathers the answers of all cells; the last one sends.
struct cell_gathering {
  http_reply reply;
  std::mutex mutex;
  std::size_t missing = 0;
  std::string rows;

  void add(entity_ref who, std::uint64_t depth, const std::string& state) {
    std::lock_guard guard{mutex};
    rows += rows.empty() ? "{" : ",{";
    rows += "\"cell\":";
    json::append(rows, to_string(cell_id{who.id}));
    rows += ",\"mailbox\":" + std::to_string(depth);
    if (state.size() > 2) // The fields of {"...":...} beside ours.
      rows += ',' + state.substr(1, state.size() - 2);
    rows += '}';
    if (--missing == 0)
      reply({200, "application/json", "{\"cells\":[" + rows + "]}", {}});
  }
};

void list_cells(const shared_desk& desk, const http_request&,
                const http_reply& reply) {
  std::vector<std::pair<entity_ref, std::uint64_t>> cells;
  desk->node.entities().for_each([&](entity_ref who, const resident& x) {
    if (who.kind == entity_kind::cell && cells.size() < cells_max)
      cells.emplace_back(who, x.watch->depth());
  });
  if (cells.empty())
    return reply({200, "application/json", "{\"cells\":[]}", {}});
  auto all = std::make_shared<cell_gathering>();
  all->reply = reply;
  all->missing = cells.size();
  for (auto& [who, depth] : cells)
    desk->look.describe_actor(
      who, [all, who = who, depth = depth](const std::string& state) {
        all->add(who, depth, state);
      });
}

} // namespace

shared_desk add_admin_routes(http_routes& routes, runtime& node,
                             std::string node_name,
                             std::unique_ptr<store::connection> reads) {
  auto desk =
    std::make_shared<admin_desk>(node, std::move(node_name), std::move(reads));
  routes.add("GET", "/v1/admin/cells", in_back_room(desk, list_cells));
  add_actor_routes(routes, desk);
  add_health_views(routes, desk);
  add_trip_routes(routes, desk);
  return desk;
}

} // namespace hansom
