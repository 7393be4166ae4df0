#include "cluster/ops/ops_routes.hpp"

#include "cluster/admin/query_text.hpp"
#include "cluster/admin/rights.hpp"
#include "cluster/node/logging.hpp"
#include "cluster/ops/node_orders.hpp"
#include "cluster/ops/ops_json.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace hansom {

namespace {

using document = nlohmann::json;

constexpr std::size_t events_max = 1000;
constexpr std::size_t lines_max = 2000;
constexpr milliseconds look_every{2000};

/// A handler for whoever may look.
template <class F>
http_handler for_lookers(F f) {
  return [f](const http_request& request, const http_reply& reply) {
    if (may_look(request, reply))
      f(request, reply);
  };
}

/// Who follows a drain has to learn how it ended, also when it is over: rows
/// that own nothing are in no view.
http_response show_gone(store::membership& rows, const std::string& name) {
  auto events = rows.last_events(events_max);
  for (auto x = events.rbegin(); x != events.rend(); ++x)
    if (x->subject == "node/" + name
        && (x->kind == "node.dead" || x->kind == "node.left"))
      return ops::json_answer(document{
        {"name", name},
        {"status", x->kind.substr(5)},
        {"shards", 0},
        {"since", x->at.ms},
        {"reason", x->reason}}.dump());
  return ops::no_such_node(name);
}

} // namespace

operations::operations(parts with)
  : with_{std::move(with)}, desk_{with_.members}, started_{with_.now()} {
}

void operations::add_routes(http_routes& routes) {
  routes_ = &routes;
  routes.add("GET", "/v1/admin/status",
             for_lookers([this](auto&, auto& reply) { show_status(reply); }));
  routes.add("GET", "/v1/admin/events",
             for_lookers([this](auto& request, auto& reply) {
               show_events(request, reply);
             }));
  routes.add(
    "GET", "/v1/admin/logs", for_lookers([](auto& request, auto& reply) {
      std::size_t last = 200;
      if (!query_number(request.query, "last", 1, lines_max, last))
        return reply(
          problem(error_code::out_of_range, "last: expected 1 to 2000"));
      document lines = last_log_lines(last);
      reply(ops::json_answer(document{{"lines", std::move(lines)}}.dump(
        -1, ' ', false, document::error_handler_t::replace)));
    }));
  routes.add(
    "GET", "/v1/admin/config", for_lookers([this](auto&, auto& reply) {
      reply(ops::json_answer(document{{"config", with_.config}}.dump()));
    }));
  add_node_routes(routes);
  add_shard_routes(routes);
}

void operations::add_node_routes(http_routes& routes) {
  static constexpr std::string_view prefix = "/v1/admin/nodes/";
  static constexpr std::string_view addition = "/addition";
  routes.add("GET", "/v1/admin/nodes", for_lookers([this](auto&, auto& reply) {
               ops::with_cluster(desk_, reply, [](auto&, auto& view) {
                 return ops::json_answer(ops::nodes_json(view));
               });
             }));
  routes.add(
    "GET", std::string{prefix}, for_lookers([this](auto& request, auto& reply) {
      auto name = request.path.substr(prefix.size());
      auto adds = name.ends_with(addition);
      if (adds)
        name.resize(name.size() - addition.size());
      ops::with_cluster(desk_, reply, [name, adds](auto& rows, auto& view) {
        if (adds)
          return ops::json_answer(
            ops::moves_json(ops::plan_addition(view, name)));
        auto body = ops::node_json(view, name);
        return body.empty() ? show_gone(rows, name) : ops::json_answer(body);
      });
    }));
  routes.add("POST", std::string{prefix},
             [this](const http_request& request, const http_reply& reply) {
               if (may_order(request, reply))
                 ops::order_node(desk_, request, prefix, reply);
             });
}

void operations::add_shard_routes(http_routes& routes) {
  static constexpr std::string_view prefix = "/v1/admin/shards/";
  static constexpr std::string_view rebalance = "/v1/admin/rebalance/";
  routes.add("GET", "/v1/admin/shards", for_lookers([this](auto&, auto& reply) {
               ops::with_cluster(desk_, reply, [](auto&, auto& view) {
                 return ops::json_answer(ops::shards_json(view));
               });
             }));
  routes.add("GET", "/v1/admin/rebalance",
             for_lookers([this](auto&, auto& reply) {
               ops::with_cluster(desk_, reply, [](auto&, auto& view) {
                 return ops::json_answer(ops::rebalance_json(view));
               });
             }));
  routes.add("POST", std::string{prefix},
             [this](const http_request& request, const http_reply& reply) {
               if (may_order(request, reply))
                 ops::order_shard(desk_, request, prefix, reply);
             });
  routes.add("POST", std::string{rebalance},
             [this](const http_request& request, const http_reply& reply) {
               if (may_order(request, reply))
                 ops::order_rebalance(desk_, request, rebalance, reply);
             });
}

void operations::start() {
  desk_.start([this] { look_at_health(); }, look_every);
  record("node.serves", "version " + with_.version + ", process "
                          + std::to_string(::getpid()));
}

void operations::stop() {
  record("node.stops", {});
  desk_.stop();
}

void operations::record(std::string kind, std::string reason) {
  store::cluster_event x;
  x.kind = std::move(kind);
  x.by = x.subject = "node/" + with_.node;
  x.reason = std::move(reason);
  record(std::move(x));
}

void operations::record(store::cluster_event x) {
  x.at = with_.now();
  x.node = with_.self;
  if (desk_.has_rows())
    desk_.record(std::move(x));
  else
    ring_.record(std::move(x));
}

void operations::audit(audit_record x) {
  spdlog::info("{} {} by {}: {}", x.kind, x.subject, x.by, x.outcome);
  store::cluster_event event;
  event.kind = std::move(x.kind);
  event.by = std::move(x.by);
  event.subject = std::move(x.subject);
  event.reason = std::move(x.outcome);
  record(std::move(event));
}

/// What /health/ready says. That handler answers at once.
std::string operations::health() const {
  http_request ask;
  ask.method = "GET";
  ask.path = "/health/ready";
  std::string out;
  routes_->handle(ask, [&out](http_response x) { out = std::move(x.body); });
  return out;
}

void operations::look_at_health() {
  auto now = document::parse(health(), nullptr, false);
  if (!now.is_object())
    return;
  auto status = now.value("status", "unknown");
  if (status == health_)
    return;
  health_ = status;
  std::string why;
  auto checks = now.value("checks", document::object()); // `items` only refers.
  for (auto& [name, x] : checks.items())
    if (x.value("status", "") != "healthy")
      why += (why.empty() ? "" : "; ") + name + ": " + x.value("detail", "");
  record("node." + status, why);
}

void operations::show_status(const http_reply& reply) {
  auto figures = with_.figures();
  document node{{"node", with_.node},
                {"incarnation", with_.self},
                {"version", with_.version},
                {"up_ms", with_.now().ms - started_.ms},
                {"sessions", figures.sessions},
                {"connections", figures.connections},
                {"health", document::parse(health(), nullptr, false)},
                {"cluster", nullptr}};
  if (!desk_.has_rows())
    return reply(ops::json_answer(node.dump()));
  desk_.ask(
    [node](store::membership& rows) mutable {
      auto view = rows.read_view();
      if (!ops::is_cluster(view))
        return ops::json_answer(node.dump());
      std::map<std::string, std::size_t> count;
      for (auto& x : view.nodes)
        ++count[store::to_string(x.status)];
      auto plan = document::parse(ops::rebalance_json(view));
      node["cluster"] = {{"nodes", count},
                         {"version", view.version},
                         {"paused", view.rebalance_paused},
                         {"nobody", plan["nobody"]},
                         {"shards", view.shards.size()},
                         {"moves", plan["moves"].size()},
                         {"suspected", view.suspicions.size()}};
      return ops::json_answer(node.dump());
    },
    // A node whose store is gone still says how it is.
    [reply, node](http_response x) mutable {
      if (x.status == 200)
        return reply(std::move(x));
      node["cluster_unknown"] = "the store does not answer";
      reply(ops::json_answer(node.dump()));
    });
}

void operations::show_events(const http_request& request,
                             const http_reply& reply) {
  std::size_t after = 0;
  std::size_t limit = 200;
  std::size_t last = 0;
  if (!query_number(request.query, "after", 0, SIZE_MAX / 2, after)
      || !query_number(request.query, "limit", 1, events_max, limit)
      || !query_number(request.query, "last", 1, events_max, last))
    return reply(problem(error_code::out_of_range,
                         "expected after=POS and limit=1 to 1000, or last=1 to "
                         "1000"));
  auto show = [after](const auto& rows) {
    return ops::json_answer(ops::events_json(rows, after));
  };
  if (!desk_.has_rows())
    return reply(show(last > 0 ? ring_.last(last) : ring_.after(after, limit)));
  desk_.ask(
    [=](store::membership& rows) {
      return show(last > 0 ? rows.last_events(last)
                           : rows.events_after(after, limit));
    },
    reply);
}

} // namespace hansom
