#pragma once

#include "gateway/http_routes.hpp"
#include "protocol/ids.hpp"

namespace hansom {

/// The other nodes, for questions that mean all of them, or whichever has an
/// actor. A question that says "scope=here" means this one alone.
class elsewhere {
public:
  virtual ~elsewhere() = default;

  /// Adds what all others answer to the same question to our own answer. The
  /// view names the `nodes` that it has, and those that are `silent_nodes`.
  /// @param here answers for this node, once.
  virtual void gather(const http_handler& here, const http_request& request,
                      const http_reply& reply) = 0;

  /// Hands a request about an entity to the node that owns its shard.
  /// @returns `false`, having done nothing, when that is this one, or nobody.
  virtual bool forward(entity_ref about, const http_request& request,
                       const http_reply& reply) = 0;

  /// Gives an order to all others as well; nobody waits for what they say.
  virtual void tell(const http_request& request) = 0;
};

/// @returns whether a request is about this node alone.
bool asks_here(const http_request& request);

} // namespace hansom
