#include "cluster/admin/revocation_routes.hpp"

#include "cluster/admin/order_body.hpp"
#include "cluster/admin/query_text.hpp"
#include "cluster/admin/rights.hpp"
#include "protocol/json/writer.hpp"

#include <algorithm>

namespace hansom {

/// The body of an order.
struct revoke_order {
  caf::optional<std::string> user;
  caf::optional<std::string> jti;
  caf::optional<timestamp> before;
  caf::optional<std::string> reason;
};
HANSOM_RECORD(revoke_order, user, jti, before, reason)

namespace {

constexpr std::size_t name_max = 200;
constexpr std::size_t list_max = 1000;
/// A caller's clock may be ahead of ours by so much,
constexpr milliseconds ahead_max{60'000};
/// and an issuer's by so much: revocations are kept that much longer.
constexpr milliseconds margin{3'600'000};

bool is_name(std::string_view x) {
  return !x.empty() && x.size() <= name_max
         && std::all_of(x.begin(), x.end(),
                        [](char c) { return c > 0x20 && c < 0x7f; });
}

/// @returns what is wrong with "driver/7", or an empty text.
std::string read_user(const std::string& text, revocation& out) {
  auto slash = text.find('/');
  auto known = slash != text.npos
               && parse_role(std::string_view{text}.substr(0, slash), out.role);
  if (known)
    out.subject = text.substr(slash + 1);
  auto numbered =
    out.role == client_role::driver || out.role == client_role::rider;
  driver_id id;
  if (!known || !is_name(out.subject)
      || (numbered
          && (!parse_id(out.subject, id) || to_string(id) != out.subject)))
    return "user: expected driver/NUMBER, rider/NUMBER, operator/NAME or "
           "viewer/NAME, found \""
           + text + '"';
  return {};
}

/// @returns what is wrong, or an empty text.
std::string judge(const revoke_order& order, timestamp now, milliseconds life,
                  revocation& out) {
  if (!order.user == !order.jti)
    return "expected either user or jti";
  if (order.reason && order.reason->size() > name_max)
    return "reason: expected at most 200 bytes";
  if (order.jti) {
    if (order.before)
      return "before: goes with user alone; a jti is one token";
    if (!is_name(*order.jti))
      return "jti: expected 1 to 200 printable ASCII characters without spaces";
    out.token_id = *order.jti;
    out.until = now + life + margin;
    return {};
  }
  if (auto wrong = read_user(*order.user, out); !wrong.empty())
    return wrong;
  out.issued_before = order.before ? *order.before : now;
  if (out.issued_before > now + ahead_max)
    return "before: lies in the future, which would refuse tokens that are "
           "still to be issued; now is "
           + std::to_string(now.ms);
  out.until = out.issued_before + life + margin;
  if (out.until < now)
    return "before: no token of then is still good; the longest lives "
           + std::to_string(life.count() / 1000) + " s (auth.token_life_max)";
  return {};
}

std::string read_order(const http_request& request, timestamp now,
                       milliseconds life, revoke_order& order,
                       revocation& out) {
  if (auto wrong =
        read_body(request, order, R"({"user":"driver/7"} or {"jti":"..."})");
      !wrong.empty())
    return wrong;
  return judge(order, now, life, out);
}

http_response refusal(revocation_desk::verdict what, const std::string& why) {
  return problem(what == revocation_desk::verdict::full
                   ? error_code::overloaded
                   : error_code::store_unavailable,
                 "not said to be revoked: " + why);
}

void append_facts(std::string& out, const store::revocation_row& x) {
  out += "\"name\":";
  json::append(out, x.name);
  out += ",\"issued_before\":";
  json::append(out, x.issued_before);
  out += ",\"until\":";
  json::append(out, x.until);
}

void revoke(revocation_desk& desk, const http_request& request, timestamp now,
            milliseconds life, const audit_trail& audit,
            const http_reply& reply) {
  revoke_order order;
  revocation what;
  if (auto wrong = read_order(request, now, life, order, what); !wrong.empty())
    return reply(problem(error_code::out_of_range, wrong));
  store::revocation_row row;
  row.name = name_of(what);
  row.issued_before = what.issued_before;
  row.at = now;
  row.until = what.until;
  row.by = name_of(*request.who);
  if (order.reason)
    row.reason = *order.reason;
  desk.put(row, [=](auto verdict, const std::string& why) {
    auto done = verdict == revocation_desk::verdict::done;
    // The reason is what somebody wrote: it is in the list alone.
    audit({"token.revoke", row.by, row.name,
           (done ? "issued before " : "not done: issued before ")
             + std::to_string(row.issued_before.ms)});
    if (!done)
      return reply(refusal(verdict, why));
    http_response answer;
    answer.body = "{";
    append_facts(answer.body, row);
    answer.body += '}';
    reply(std::move(answer));
  });
}

void list(revocation_desk& desk, const http_request& request,
          const http_reply& reply) {
  std::size_t after = 0;
  std::size_t limit = list_max;
  if (!query_number(request.query, "after", 0, SIZE_MAX / 2, after)
      || !query_number(request.query, "limit", 1, list_max, limit))
    return reply(problem(error_code::out_of_range,
                         "expected after=POS and limit=1 to 1000"));
  desk.list(after, limit,
            [=](auto verdict, const std::string& why, const auto& rows) {
              if (verdict != revocation_desk::verdict::done)
                return reply(refusal(verdict, why));
              std::string body = "{\"revocations\":[";
              auto last = static_cast<std::uint64_t>(after);
              for (auto& x : rows) {
                body += body.back() == '[' ? "{" : ",{";
                append_facts(body, x);
                body += ",\"at\":";
                json::append(body, x.at);
                body += ",\"by\":";
                json::append(body, x.by);
                body += ",\"reason\":";
                json::append(body, x.reason);
                body += '}';
                last = x.pos;
              }
              reply({200,
                     "application/json",
                     body + "],\"last\":" + std::to_string(last) + '}',
                     {}});
            });
}

} // namespace

void add_revocation_routes(http_routes& routes, revocation_desk& desk,
                           std::function<timestamp()> now,
                           milliseconds token_life, audit_trail audit) {
  routes.add("POST", "/v1/admin/revocations",
             [&desk, now = std::move(now), token_life,
              audit = std::move(audit)](const http_request& request,
                                        const http_reply& reply) {
               if (may_order(request, reply))
                 revoke(desk, request, now(), token_life, audit, reply);
             });
  routes.add("GET", "/v1/admin/revocations",
             [&desk](const http_request& request, const http_reply& reply) {
               if (may_order(request, reply))
                 list(desk, request, reply);
             });
}

} // namespace hansom
