#include "cluster/mesh/mesh.hpp"

#include "cluster/mesh/mail_codec.hpp"
#include "cluster/mesh/mesh_core.hpp"
#include "cluster/mesh/node_identity.hpp"
#include "cluster/mesh/openssl_guard.hpp"

#include <caf/all.hpp>
#include <caf/io/all.hpp>
#include <caf/openssl/all.hpp>
#include <spdlog/spdlog.h>

#include <stdexcept>

namespace hansom {

namespace {

constexpr milliseconds ends_within{5'000};
constexpr milliseconds closes_within{2'000};

} // namespace

std::string to_string(link_evidence x) {
  switch (x) {
  case link_evidence::none:
    return "none";
  case link_evidence::refused:
    return "refused";
  case link_evidence::reset:
    return "reset";
  case link_evidence::timeout:
    return "timeout";
  }
  return "?";
}

std::string to_string(mesh_nack x) {
  switch (x) {
  case mesh_nack::wrong_owner:
    return "wrong_owner";
  case mesh_nack::full:
    return "full";
  case mesh_nack::expired:
    return "expired";
  case mesh_nack::link_lost:
    return "link_lost";
  case mesh_nack::not_sent:
    return "not_sent";
  case mesh_nack::unknown_type:
    return "unknown_type";
  }
  return "?";
}

struct mesh::body {
  body(caf::actor_system& system, parts with) : core{system, std::move(with)} {
  }

  mesh_core core;
  caf::actor port_actor;
  std::uint16_t port = 0;
  bool stopped = false;
};

mesh::mesh(caf::actor_system& system, parts with)
  : body_{std::make_unique<body>(system, std::move(with))} {
}

mesh::~mesh() {
  stop();
}

void mesh::start() {
  auto& core = body_->core;
  auto& config = core.with.config;
  for (auto& fault : check(config))
    throw std::runtime_error{"mesh: " + fault};
  // "<host>#<process>"
  if (!caf::to_string(core.system.node())
         .ends_with('#' + std::to_string(process_identity())))
    throw std::runtime_error{
      "mesh: this build does not draw its own node identity; a node that is "
      "restarted in a container could be taken for its predecessor"};
  if (config.tls.any() && !openssl_is_guarded())
    throw std::runtime_error{
      "mesh: this build does not clear OpenSSL's error queue; one failed "
      "connection would end all others"};
  body_->port_actor = spawn_mesh_port(core);
  auto bound =
    config.tls.any()
      ? caf::openssl::publish(body_->port_actor, config.port,
                              config.address.c_str(), true)
      : core.system.middleman().publish(body_->port_actor, config.port,
                                        config.address.c_str(), true);
  if (!bound)
    throw std::runtime_error{
      "mesh: " + config.address + ':' + std::to_string(config.port)
      + " cannot be bound: " + core.system.render(bound.error())};
  body_->port = *bound;
  spdlog::info("mesh: incarnation {} listens on {}:{}{}", core.with.self,
               config.address, body_->port,
               config.tls.any() ? " (TLS, certificates on both sides)" : "");
}

void mesh::stop() {
  auto& b = *body_;
  if (b.stopped)
    return;
  b.stopped = true;
  b.core.prober.stop();
  b.core.stop_making();
  if (b.port != 0) {
    // CAF's own call for TLS does not compile, and neither has a timeout.
    caf::scoped_actor self{b.core.system};
    self
      ->request(b.core.connector(), caf::duration{closes_within},
                caf::unpublish_atom_v, b.port_actor->address(), b.port)
      .receive([] {},
               [&](const caf::error& why) {
                 spdlog::warn("mesh: the port was not closed: {}",
                              b.core.system.render(why));
               });
  }
  for (auto& x : b.core.all())
    b.core.end(x->who);
  if (b.port_actor)
    caf::anon_send_exit(b.port_actor, caf::exit_reason::user_shutdown);
  b.port_actor = nullptr;
  if (!b.core.await_end(ends_within))
    spdlog::error("mesh: links have not ended after {} ms",
                  ends_within.count());
}

std::uint16_t mesh::port() const noexcept {
  return body_->port;
}

void mesh::meet(store::incarnation peer, peer_address where) {
  auto x = body_->core.find_or_make(peer);
  if (x && x->set_where(where))
    caf::anon_send(x->worker, link_dial{});
}

void mesh::forget(store::incarnation peer) {
  body_->core.end(peer);
}

bool mesh::is_up(store::incarnation peer) const {
  auto x = body_->core.find(peer);
  return x && x->up;
}

namespace {

template <class What>
mesh::sent send_to(mesh_core& core, store::incarnation peer, What&& what) {
  auto x = core.find(peer);
  if (!x)
    return mesh::sent::no_link;
  bool wake = false;
  auto result = x->out.put(what, core.with.now(), wake);
  if (wake)
    caf::anon_send(x->worker, link_pump{});
  return result;
}

} // namespace

mesh::sent mesh::send(store::incarnation peer, far_mail& x) {
  return send_to(body_->core, peer, x);
}

mesh::sent mesh::send(store::incarnation peer, const far_frame& x) {
  return send_to(body_->core, peer, x);
}

mesh::sent mesh::control(store::incarnation peer, std::string_view x) {
  return send_to(body_->core, peer, x);
}

void mesh::probe(peer_address where, milliseconds within,
                 std::function<void(link_evidence)> done) {
  body_->core.prober.probe(where, within, std::move(done));
}

std::vector<peer_report> mesh::peers() const {
  std::vector<peer_report> result;
  for (auto& x : body_->core.all()) {
    auto& out = result.emplace_back();
    out.who = x->who;
    out.where = x->where();
    out.up = x->up;
    out.links = x->links;
    out.frames_in = x->frames_in;
    out.messages_in = x->messages_in;
    out.bytes_in = x->bytes_in;
    out.malformed = x->malformed;
    out.round_trip_us = x->round_trip_us;
    x->out.describe(out);
  }
  return result;
}

std::uint64_t mesh::turned_away() const noexcept {
  return body_->core.turned_away;
}

} // namespace hansom
