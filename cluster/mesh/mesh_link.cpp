#include "cluster/mesh/mail_codec.hpp"
#include "cluster/mesh/mesh_core.hpp"
#include "cluster/mesh/wire.hpp"

#include <caf/all.hpp>
#include <caf/io/all.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace hansom {

namespace {

constexpr milliseconds connect_within{3'000};
constexpr milliseconds welcome_within{2'000};
constexpr milliseconds redial_first{100};
constexpr int redial_doublings = 4;

/// The younger incarnation dials: who joins reaches out to everybody, and no
/// two nodes ever dial each other at once.
class link_actor final : public caf::event_based_actor {
public:
  link_actor(caf::actor_config& cfg, mesh_core& core, mesh_core::peer_ptr peer)
    : caf::event_based_actor{cfg}, core_{core}, me_{std::move(peer)},
      dials_{core.with.self > me_->who} {
  }

  const char* name() const override {
    return "mesh_link";
  }

  caf::behavior make_behavior() override {
    set_default_handler(caf::drop);
    set_down_handler([this](caf::down_msg& x) {
      if (peer_ && x.source == peer_->address())
        lose(is_silent(0.8) ? link_evidence::timeout : link_evidence::reset);
    });
    delayed_send(this, config().heartbeat, caf::tick_atom_v);
    return {
      [this](link_pump) { pump(); },
      [this](link_dial) { dial(); },
      [this](const link_probed& x) { probed(x); },
      [this](const link_looked& x) {
        if (!peer_ && x.found == link_evidence::refused)
          core_.with.listener->link_down(me_->who, x.found);
      },
      [this](mesh_greeting& x) { greeted(x); },
      [this](mesh_frame& x) { handle(x); },
      [this](caf::tick_atom) {
        delayed_send(this, config().heartbeat, caf::tick_atom_v);
        beat();
      },
    };
  }

  void on_exit() override {
    give_back(me_->out.close());
    if (me_->up.exchange(false))
      core_.with.listener->link_down(me_->who, link_evidence::none);
    peer_ = nullptr;
    core_.ended();
  }

private:
  [[nodiscard]] const mesh_config& config() const {
    return core_.with.config;
  }
  [[nodiscard]] timestamp now() const {
    return core_.with.now();
  }

  // -- getting to know each other ---------------------------------------------

  void dial() {
    if (!dials_ || peer_ || busy_)
      return;
    auto where = me_->where();
    if (where.port == 0)
      return;
    busy_ = true;
    auto mine = ++attempt_;
    core_.prober.probe(
      where, mesh_core::probe_within,
      [to = caf::actor_cast<caf::actor>(this), mine](link_evidence x) {
        caf::anon_send(to, link_probed{mine, x});
      });
  }

  void probed(const link_probed& x) {
    if (x.attempt != attempt_ || !busy_)
      return;
    if (x.found != link_evidence::none)
      return again(x.found);
    auto where = me_->where();
    request(core_.connector(), caf::duration{connect_within},
            caf::connect_atom_v, where.host, where.port)
      .then(
        [this, mine = attempt_](const caf::node_id&, caf::strong_actor_ptr& at,
                                const std::set<std::string>&) {
          if (mine != attempt_ || !busy_)
            return;
          if (!at)
            return again(link_evidence::reset);
          say_hello(caf::actor_cast<caf::actor>(at));
        },
        [this, mine = attempt_](caf::error& why) {
          if (mine != attempt_ || !busy_)
            return;
          spdlog::debug("mesh: no connection to {}: {}", me_->who,
                        system().render(why));
          again(link_evidence::reset);
        });
  }

  void say_hello(const caf::actor& port) {
    send(port, make(frame_kind::hello, 0, our_hello()));
    greeting_since_ = now();
  }

  /// Another attempt, later.
  void again(link_evidence why) {
    busy_ = false;
    greeting_since_ = {};
    ++attempt_;
    core_.with.listener->not_reached(me_->who, why);
    auto wait = redial_first * (1 << std::min(tries_++, redial_doublings));
    delayed_send(this, wait, link_dial{});
  }

  void greeted(mesh_greeting& x) {
    mesh_hello theirs;
    auto fault = !wire::read(x.hello.body, theirs) ? "a greeting that makes no "
                                                     "sense"
                 : x.hello.to != core_.with.self
                   ? std::string{"it means another incarnation"}
                 : dials_ ? std::string{"the younger incarnation dials"}
                          : fault_of(theirs);
    if (!fault.empty()) {
      ++core_.turned_away;
      spdlog::warn("mesh: {} is turned away: {}", me_->who, fault);
      return send(x.from, make(frame_kind::bye, 0, fault));
    }
    if (peer_)
      lose(link_evidence::reset);
    join(std::move(x.from), theirs);
    send(peer_, make(frame_kind::welcome, 0, our_hello()));
  }

  void welcomed(const mesh_frame& x) {
    mesh_hello theirs;
    if (!busy_ || peer_)
      return;
    auto fault = wire::read(x.body, theirs) ? fault_of(theirs)
                                            : "a welcome that makes no sense";
    if (!fault.empty()) {
      spdlog::warn("mesh: {} cannot be joined: {}", me_->who, fault);
      return again(link_evidence::reset);
    }
    busy_ = false;
    greeting_since_ = {};
    tries_ = 0;
    join(caf::actor_cast<caf::actor>(current_sender()), theirs);
    ping(); // Which tells the other side that its welcome has arrived.
    come_up();
  }

  void join(caf::actor with, const mesh_hello& theirs) {
    peer_ = std::move(with);
    monitor(peer_);
    version_ = std::min(mesh_versions().max, theirs.version_max);
    heard_ = now();
    last_in_ = 0;
  }

  void come_up() {
    me_->out.open();
    me_->up = true;
    ++me_->links;
    core_.with.listener->link_up(me_->who);
    pump();
  }

  [[nodiscard]] std::string our_hello() const {
    mesh_hello x;
    x.heartbeat_ms = static_cast<std::uint32_t>(config().heartbeat.count());
    x.timeout_ms = static_cast<std::uint32_t>(config().timeout.count());
    x.cluster = config().cluster;
    std::string out;
    wire::append(out, x);
    return out;
  }

  /// @returns why a peer does not fit; empty when it does.
  [[nodiscard]] std::string fault_of(const mesh_hello& x) const {
    if (x.cluster != config().cluster)
      return "it belongs to cluster \"" + x.cluster + '"';
    if (x.version_max < mesh_versions().min
        || x.version_min > mesh_versions().max)
      return "it speaks versions " + std::to_string(x.version_min) + " to "
             + std::to_string(x.version_max);
    if (x.heartbeat_ms != config().heartbeat.count()
        || x.timeout_ms != config().timeout.count())
      return "its heartbeat is " + std::to_string(x.heartbeat_ms)
             + " ms and its timeout " + std::to_string(x.timeout_ms)
             + " ms; they must be the same on all nodes";
    return {};
  }

  // -- parting ----------------------------------------------------------------

  void lose(link_evidence why) {
    if (!peer_)
      return;
    demonitor(peer_);
    peer_ = nullptr;
    auto mail = me_->out.close();
    if (me_->up.exchange(false)) {
      spdlog::info("mesh: the link to {} is gone: {}", me_->who,
                   to_string(why));
      core_.with.listener->link_down(me_->who, why);
      look_again();
    }
    give_back(std::move(mail));
    if (dials_)
      delayed_send(this, redial_first, link_dial{});
  }

  void look_again() {
    auto where = me_->where();
    if (where.port == 0)
      return;
    core_.prober.probe(
      where, mesh_core::probe_within,
      [to = caf::actor_cast<caf::actor>(this)](link_evidence x) {
        caf::anon_send(to, link_looked{x});
      });
  }

  void give_back(std::vector<outbox::back> all) {
    for (auto& x : all) {
      x.what.tried = x.what.tried || x.why != mesh_nack::not_sent;
      core_.with.sink->returned(me_->who, std::move(x.what), {x.why, {}});
    }
  }

  // -- every heartbeat --------------------------------------------------------

  [[nodiscard]] bool is_silent(double timeouts) const {
    auto limit = static_cast<double>(config().timeout.count()) * timeouts;
    return static_cast<double>((now() - heard_).count()) >= limit;
  }

  void beat() {
    if (greeting_since_ && now() - greeting_since_ > welcome_within)
      again(link_evidence::timeout);
    // CAF ends a silent connection; this ends a link whose other end is gone
    // from a connection that lives.
    if (peer_ && is_silent(2))
      lose(link_evidence::timeout);
    if (peer_ && me_->up)
      ping();
    give_back(me_->out.expire(now()));
  }

  void ping() {
    auto us = std::chrono::duration_cast<std::chrono::microseconds>(
      clock().now().time_since_epoch());
    send(peer_,
         make(frame_kind::ping, static_cast<std::uint64_t>(us.count()), {}));
  }

  // -- frames -----------------------------------------------------------------

  [[nodiscard]] mesh_frame make(frame_kind kind, std::uint64_t number,
                                std::string body) const {
    return {version_, kind, core_.with.self, me_->who, number, std::move(body)};
  }

  void pump() {
    if (!peer_ || !me_->up)
      return;
    for (auto& x : me_->out.take(now()))
      send(peer_, make(frame_kind::data, x.number, std::move(x.body)));
  }

  void handle(mesh_frame& x) {
    if (x.from != me_->who || x.to != core_.with.self)
      return void(++core_.turned_away);
    if (x.kind == frame_kind::welcome)
      return welcomed(x);
    if (x.kind == frame_kind::bye) {
      if (busy_) {
        spdlog::warn("mesh: {} turns us away: {}", me_->who, x.body);
        again(link_evidence::reset);
      }
      return;
    }
    if (!peer_
        || current_sender() != caf::actor_cast<caf::strong_actor_ptr>(peer_))
      return; // Of a link that was lost.
    heard_ = now();
    if (!me_->up)
      come_up();
    switch (x.kind) {
    case frame_kind::data:
      return take(x);
    case frame_kind::ack:
      return acked(x);
    case frame_kind::ping:
      return send(peer_, make(frame_kind::pong, x.number, {}));
    case frame_kind::pong:
      return ponged(x.number);
    default:
      ++me_->malformed;
    }
  }

  void ponged(std::uint64_t sent_us) {
    auto us = std::chrono::duration_cast<std::chrono::microseconds>(
      clock().now().time_since_epoch());
    me_->round_trip_us = us.count() - static_cast<std::int64_t>(sent_us);
  }

  void take(const mesh_frame& x) {
    ++me_->frames_in;
    me_->bytes_in += x.body.size();
    if (x.number != ++last_in_ || x.version != version_) {
      ++me_->malformed;
      spdlog::warn("mesh: frame {} of {} came where {} was due", x.number,
                   me_->who, last_in_);
      return lose(link_evidence::reset);
    }
    std::vector<mesh_refusal> refusals;
    std::uint32_t index = 0;
    auto fine =
      for_each_entry(x.body, [&](entry_kind kind, std::string_view bytes) {
        take(kind, bytes, index++, refusals);
      });
    me_->messages_in += index;
    if (!fine)
      ++me_->malformed;
    std::string body;
    wire::append(body, refusals);
    send(peer_, make(frame_kind::ack, x.number, std::move(body)));
  }

  void take(entry_kind kind, std::string_view bytes, std::uint32_t index,
            std::vector<mesh_refusal>& refusals) {
    auto& sink = *core_.with.sink;
    if (kind == entry_kind::control)
      return core_.with.listener->control(me_->who, std::string{bytes});
    if (kind == entry_kind::client) {
      far_frame x;
      if (read_entry(bytes, x))
        return sink.client(me_->who, std::move(x));
      ++me_->malformed;
      return;
    }
    far_mail x;
    mesh_sink::refusal no{mesh_nack::unknown_type, {}};
    if (read_entry(bytes, x, now())) {
      auto verdict = sink.mail(me_->who, std::move(x));
      if (!verdict)
        return;
      no = *verdict;
    } else {
      ++me_->malformed;
    }
    refusals.push_back(
      {index, static_cast<std::uint8_t>(no.why), no.owner.who, no.owner.epoch});
  }

  void acked(const mesh_frame& x) {
    std::vector<mesh_refusal> refusals;
    if (!wire::read(x.body, refusals))
      ++me_->malformed;
    for (auto& no : refusals)
      if (auto what = me_->out.nacked(x.number, no.index)) {
        auto why = no.why < mesh_nack_count ? static_cast<mesh_nack>(no.why)
                                            : mesh_nack::unknown_type;
        core_.with.sink->returned(me_->who, std::move(*what),
                                  {why, {no.owner, no.epoch}});
      }
    me_->out.acked(x.number);
    pump();
  }

  mesh_core& core_;
  const mesh_core::peer_ptr me_;
  const bool dials_;
  caf::actor peer_; ///< The link actor over there; null: no link.
  std::uint16_t version_ = mesh_versions().max;
  timestamp heard_;
  std::uint64_t last_in_ = 0;
  bool busy_ = false; ///< An attempt to get a link is under way.
  timestamp greeting_since_;
  std::uint64_t attempt_ = 0;
  int tries_ = 0;
};

} // namespace

caf::actor spawn_mesh_link(mesh_core& core, mesh_core::peer_ptr peer) {
  return core.system.spawn<link_actor>(core, std::move(peer));
}

} // namespace hansom
