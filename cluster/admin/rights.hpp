#pragma once

#include "gateway/http_routes.hpp"

namespace hansom {

/// Answers 401 or 403 unless the caller may look: viewers, operators, admins.
bool may_look(const http_request& request, const http_reply& reply);

/// Answers 401 or 403 unless the caller may give orders: operators, admins.
bool may_order(const http_request& request, const http_reply& reply);

/// Whether people of that role give orders, and see personal data unmasked.
constexpr bool gives_orders(client_role role) noexcept {
  return role == client_role::operations || role == client_role::admin;
}

} // namespace hansom
