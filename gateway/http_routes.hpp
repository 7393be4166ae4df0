#pragma once

#include "gateway/access/token.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hansom {

/// A request as handlers see it.
struct http_request {
  std::string method; ///< "GET"
  std::string path;   ///< "/v1/trips/00a1": as sent, without the query.
  std::string query;  ///< "limit=10": without the question mark.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string peer;            ///< The client's address.
  std::optional<identity> who; ///< From a good bearer token.
  std::string token_error;     ///< Why the bearer token is not good.

  /// @returns the first such header, compared without case; empty when none.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
};

struct http_response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// An RFC 9457 problem document.
/// @param code stable name, "trip.no_such_trip".
/// @param detail what is wrong here and what would be right.
http_response problem(int status, std::string_view code,
                      std::string_view detail);
/// The same with the facts of an error code.
http_response problem(error_code code, std::string_view detail = {});

/// Answers one request; callable from any thread, once. A client that is gone
/// swallows the answer.
using http_reply = std::function<void(http_response)>;
/// Runs on a gateway thread: must not block; may answer later.
using http_handler = std::function<void(http_request, http_reply)>;

/// Who answers which path. Filled before the gateway starts, then read-only.
class http_routes {
public:
  /// @param prefix "/v1/trips/" takes all below; without a slash at its end,
  ///        and for "/", the path must be equal. The longest match wins.
  void add(std::string method, std::string prefix, http_handler handler);

  /// Calls the handler, or answers 404 or 405 itself. What a handler throws
  /// becomes a 500.
  void handle(http_request request, http_reply reply) const;

private:
  struct route {
    std::string method;
    std::string prefix;
    http_handler handler;
  };

  std::vector<route> routes_;
};

} // namespace hansom
