#pragma once

#include "cluster/admin/audit_trail.hpp"
#include "cluster/admin/back_room.hpp"
#include "cluster/admin/city_picture.hpp"
#include "cluster/admin/elsewhere.hpp"
#include "cluster/admin/introspection.hpp"
#include "cluster/admin/rights.hpp"
#include "cluster/admin/survey.hpp"
#include "gateway/http_routes.hpp"
#include "persistence/store.hpp"

#include <nlohmann/json_fwd.hpp>

#include <mutex>
#include <string>

namespace hansom {

/// What the handlers of the admin interface share. A node view.
struct admin_desk {
  /// @param reads a store connection of its own.
  admin_desk(runtime& n, std::string name,
             std::unique_ptr<store::connection> reads_from)
    : node{n}, node_name{std::move(name)}, cells{cells_of(n)}, look{n},
      actors{n}, reads{std::move(reads_from)} {
    room.when_idle([this] { actors.forget(); });
  }

  runtime& node;
  const std::string node_name;
  elsewhere* others = nullptr; ///< Null: there are none, ever.
  /// Who has ordered what. Set before the gateway starts.
  audit_trail audit = [](const audit_record&) {};
  cell_source cells; ///< Replaced before the gateway starts, if at all.
  introspection look;
  surveyor actors;
  std::mutex mutex; ///< Guards `reads`.
  std::unique_ptr<store::connection> reads;
  back_room room; ///< Last: its thread uses all that is above.
};

using shared_desk = std::shared_ptr<admin_desk>;

/// A handler that runs in the back room, for who may look.
using desk_handler = std::function<void(const shared_desk&, const http_request&,
                                        const http_reply&)>;
http_handler in_back_room(const shared_desk& desk, desk_handler handle);

/// The same on the gateway's thread, for what is quick.
http_handler at_once(const shared_desk& desk, desk_handler handle);

/// A view of all nodes, of which `here` is our part.
http_handler of_all_nodes(const shared_desk& desk, http_handler here);

/// @returns whether another node has been asked, since it has this entity.
bool is_forwarded(const admin_desk& desk, entity_ref about,
                  const http_request& request, const http_reply& reply);

http_response json_response(const nlohmann::json& body);

/// {"node":...,"at_ms":...}, to be filled.
nlohmann::json signed_answer(const admin_desk& desk);

/// @returns the role of a caller who has been let in.
inline client_role role_of(const http_request& x) {
  return x.who ? x.who->role : client_role::viewer;
}

// -- the routes by subject ----------------------------------------------------

/// Lists, one actor, its tail, passivation, kinds.
void add_actor_routes(http_routes& routes, const shared_desk& desk);
/// The tree, what is stuck, dead letters, messages.
void add_health_views(http_routes& routes, const shared_desk& desk);
/// Trips in memory, one trip, why, traces.
void add_trip_routes(http_routes& routes, const shared_desk& desk);

/// Health and metrics, for who looks at all nodes at once.
void add_vitals(http_routes& routes, const shared_desk& desk);

/// POST .../trips/ID/trace; for an operator.
void begin_trace(admin_desk& desk, const http_request& request,
                 const http_reply& reply);

} // namespace hansom
