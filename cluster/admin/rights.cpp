#include "cluster/admin/rights.hpp"

#include "gateway/console/console_access.hpp"

namespace hansom {

bool may_look(const http_request& request, const http_reply& reply) {
  if (!request.who) {
    reply(problem(error_code::unauthenticated, request.token_error));
    return false;
  }
  if (may_use_console(request.who->role))
    return true;
  reply(problem(error_code::forbidden,
                "the admin interface takes a token of role operator or viewer, "
                "or admin"));
  return false;
}

bool may_order(const http_request& request, const http_reply& reply) {
  if (!request.who)
    reply(problem(error_code::unauthenticated, request.token_error));
  else if (!gives_orders(request.who->role))
    reply(problem(error_code::forbidden,
                  "only a token of role operator or admin may change "
                  "anything"));
  else
    return true;
  return false;
}

} // namespace hansom
