#include "cluster/member/cluster_side.hpp"

#include "cluster/config/alike.hpp"
#include "cluster/mesh/mesh_versions.hpp"
#include "cluster/node/open_store.hpp"
#include "cluster/program/exit_codes.hpp"

#include <spdlog/spdlog.h>

#include <cstdio>
#include <cstdlib>

namespace hansom {

namespace {

constexpr milliseconds active_within{30'000};

mesh_config to_mesh(const cluster_settings& x) {
  mesh_config out;
  out.address = x.address;
  out.port = x.port;
  out.cluster = x.name;
  out.heartbeat *= x.time_scale;
  out.timeout *= x.time_scale;
  out.tls = {x.certificate_file, x.key_file, x.ca_file};
  return out;
}

/// Whoever was declared dead owns nothing any more, and what was acknowledged
/// is durable: there is nothing to tidy up.
[[noreturn]] void end_now(const std::string& name, const std::string& reason) {
  auto what = "node " + name + " has no part in the cluster any more: " + reason
              + "; it ends";
  spdlog::critical(what);
  spdlog::default_logger()->flush();
  std::fprintf(stderr, "hansom: %s\n", what.c_str());
  std::_Exit(exit_failed);
}

} // namespace

core::times cluster_side::times() const {
  return core::times{}.scaled(with_.cluster.time_scale);
}

cluster_side::cluster_side(const settings& with, const std::string& version)
  : with_{with}, config_{to_mesh(with.cluster)}, options_{postgres_of(with)} {
  for (auto& problem : check(config_))
    throw std::runtime_error{"cluster: " + problem};
  store::join_request me;
  me.name = with.node.name;
  me.address = config_.address + ':' + std::to_string(config_.port);
  me.url =
    std::string{with.gateway.certificate_file.empty() ? "http://" : "https://"}
    + with.gateway.address + ':' + std::to_string(with.gateway.port);
  me.app_version = version;
  me.protocol_min = mesh_versions().min;
  me.protocol_max = mesh_versions().max;
  me.weight = with.cluster.weight;
  me.config_hash = alike_hash(with);
  auto joined = store::make_postgres_membership(options_)->join(me);
  if (joined.what != store::join_verdict::joined)
    throw std::runtime_error{"cluster: this node cannot join ("
                             + to_string(joined.what) + "): " + joined.detail
                             + (joined.what == store::join_verdict::wrong_config
                                  ? "; here: " + alike_settings(with)
                                  : "")};
  self_ = joined.self;
  options_.self = self_;
  map_ = std::make_unique<shard_map>(self_);
}

cluster_side::~cluster_side() {
  stop();
}

void cluster_side::prepare(caf::actor_system_config& out) const {
  hansom::prepare(out, config_);
}

mesh_router& cluster_side::ports(client_port& local) {
  router_ = std::make_unique<mesh_router>(*map_, config_, local, host_);
  return *router_;
}

void cluster_side::start(runtime& actors, std::shared_ptr<store::factory> store,
                         hooks with) {
  mesh::parts links;
  links.config = config_;
  links.self = self_;
  links.sink = router_.get();
  links.listener = router_.get();
  links.now = [&actors] { return actors.now(); };
  links_ = std::make_unique<mesh>(actors.system(), std::move(links));
  router_->attach(actors, *links_);
  member_host::parts parts;
  parts.setup.self = self_;
  parts.setup.with = times();
  parts.setup.expected_nodes = with_.cluster.expected_nodes;
  parts.rows = [to = options_] { return store::make_postgres_membership(to); };
  auto quick = options_;
  quick.statement_timeout = times().self / 2 - times().retry / 2;
  quick.lock_timeout = quick.statement_timeout;
  quick.answer_timeout = quick.statement_timeout;
  parts.heartbeats = [quick] { return store::make_postgres_membership(quick); };
  parts.store = std::move(store);
  parts.name = with_.node.name;
  parts.map = map_.get();
  parts.router = router_.get();
  parts.links = links_.get();
  parts.actors = &actors;
  parts.on_draining = std::move(with.on_draining);
  parts.on_undrained = std::move(with.on_undrained);
  parts.on_opened = std::move(with.on_opened);
  parts.reattach = std::move(with.reattach);
  parts.sessions = std::move(with.sessions);
  parts.on_dead = [name = with_.node.name](const std::string& reason) {
    end_now(name, reason);
  };
  host_.start(std::move(parts));
  links_->start();
}

void cluster_side::await_active() {
  if (!host_.await_active(active_within * with_.cluster.time_scale))
    throw std::runtime_error{
      "cluster: this node has not become active: it reaches neither the store "
      "nor more than half of the other nodes; look at their cluster.address "
      "and at `hansom node ls`"};
}

void cluster_side::leave() {
  auto limit = times().drain + times().drain / 4;
  if (links_ && !host_.leave(limit, "stopped"))
    spdlog::warn("cluster: this node has not left in order; the others take "
                 "over what it had");
}

void cluster_side::stop() {
  host_.stop();
  if (links_)
    links_->stop();
}

} // namespace hansom
