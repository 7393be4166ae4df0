#include "cluster/heartbeat/boot_clock.hpp"
#include "cluster/member/control_text.hpp"
#include "cluster/member/member_host.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>

namespace hansom {

namespace {

constexpr milliseconds probe_within{500};

core::change_result to_change(const std::optional<bool>& x) {
  if (!x)
    return core::change_result::unknown;
  return *x ? core::change_result::done : core::change_result::refused;
}

std::optional<store::evidence> to_evidence(link_evidence x) {
  switch (x) {
  case link_evidence::none:
    return {};
  case link_evidence::refused:
    return store::evidence::refused;
  case link_evidence::reset:
    return store::evidence::reset;
  case link_evidence::timeout:
    break;
  }
  return store::evidence::timeout;
}

} // namespace

/// Asks the store on its thread; `answer` gets nothing when it is not known
/// what came of it.
template <class F, class Answer>
void member_host::ask_rows(F ask, Answer answer) {
  asking_.post([this, ask, answer] {
    std::optional<decltype(ask(*rows_))> result;
    try {
      if (!rows_)
        rows_ = with_.rows();
      result = ask(*rows_);
      rows_failed_ = false;
    } catch (const std::exception& e) {
      rows_.reset();
      if (!std::exchange(rows_failed_, true))
        spdlog::warn("cluster: the store does not answer: {}", e.what());
    }
    answer(result);
  });
}

/// Again and again, until the store has it.
void member_host::say_leaving(const store::change_note& note) {
  ask_rows(
    [self = self_, note](store::membership& rows) {
      return rows.set_status(self, store::node_status::active,
                             store::node_status::draining, note)
             || rows.set_status(self, store::node_status::joining,
                                store::node_status::left, note);
    },
    [this, note](std::optional<bool> said) {
      if (said) {
        core::control look;
        look.kind = core::control_kind::look;
        return tell(core::received{self_, look});
      }
      std::this_thread::sleep_for(with_.setup.with.retry);
      say_leaving(note);
    });
}

/// One effect each. Runs on the deciding thread.
struct member_host::carrier {
  member_host& h;

  void operator()(const core::beat_now&) const {
    h.heart_->beat(h.self_);
  }
  void operator()(const core::ping_scheduler&) const {
    h.heart_->ping();
  }
  void operator()(const core::read_view&) const {
    h.ask_rows([](store::membership& rows) { return rows.read_view(); },
               [x = &h](auto view) { x->tell(core::view_read{view}); });
  }
  void operator()(const core::probe& x) const {
    auto where = h.with_.map->address_of(x.peer);
    if (!where)
      return h.tell(core::probed{x.peer, store::evidence::timeout});
    h.with_.links->probe(*where, probe_within,
                         [host = &h, peer = x.peer](link_evidence what) {
                           host->tell(core::probed{peer, to_evidence(what)});
                         });
  }
  void operator()(const core::send& x) const {
    auto body = to_bytes(x.what);
    if (x.what.kind == core::control_kind::prepare)
      h.times_.begin(x.what.shard, "preparing");
    // In order with what the shards' thread hands over.
    if (x.what.kind == core::control_kind::own)
      h.moving_.post(
        [links = h.with_.links, to = x.to, body] { links->control(to, body); });
    else
      h.with_.links->control(x.to, body);
  }

  // -- the store --------------------------------------------------------------

  void operator()(const core::activate&) const {
    h.ask_rows(
      [self = h.self_](store::membership& rows) { return rows.activate(self); },
      [x = &h](auto ok) { x->tell(core::activated{ok.value_or(false)}); });
  }
  void operator()(const core::suspect& x) const {
    h.ask_rows(
      [what = x.what](store::membership& rows) { return rows.suspect(what); },
      [host = &h, what = x.what](auto n) {
        if (n)
          host->tell(core::suspected{what.target, what.hb_seq, *n});
      });
  }
  void operator()(const core::trust& x) const {
    h.ask_rows(
      [x, self = h.self_](store::membership& rows) {
        rows.trust(x.target, self);
        return true;
      },
      [](auto) {});
  }
  void operator()(const core::report_links& x) const {
    h.ask_rows(
      [x, self = h.self_](store::membership& rows) {
        rows.report_links(self, x.unreachable);
        return true;
      },
      [](auto) {});
  }
  void operator()(const core::resolve_cut&) const {
    h.ask_rows(
      [self = h.self_,
       after = h.with_.setup.with.cut](store::membership& rows) {
        return rows.resolve_link_partition(self, after).has_value();
      },
      [](auto) {});
  }
  void operator()(const core::declare_dead& x) const {
    h.ask_rows(
      [x, self = h.self_, by = h.with_.name](store::membership& rows) {
        auto done =
          rows.declare_dead(x.target, x.hb_seq, {"node/" + by, x.reason}, self);
        if (done) {
          spdlog::warn("cluster: declared {} dead: {}", x.target, x.reason);
          rows.terminate_backends(x.target);
        }
        return done;
      },
      [host = &h, x](auto ok) {
        if (ok.value_or(false)) {
          std::lock_guard guard{host->mutex_};
          ++host->report_.declared;
        }
        host->tell(core::declared{x.target, to_change(ok)});
      });
  }
  void operator()(const core::claim& x) const {
    h.ask_rows(
      [x, self = h.self_](store::membership& rows) {
        return rows.claim_shards(self, x.seen);
      },
      [host = &h](auto won) {
        if (won)
          host->tell(core::claimed{core::change_result::done, *won});
        else
          host->tell(core::claimed{core::change_result::unknown, {}});
      });
  }
  void operator()(const core::transfer& x) const {
    h.times_.mark(x.ours.shard, "asking the store");
    h.ask_rows(
      [x](store::membership& rows) {
        return rows.transfer_shard(x.ours, x.to);
      },
      [host = &h, x](auto what) {
        core::transferred done{x.ours.shard, x.ours.now,
                               core::change_result::unknown};
        if (what)
          done.what = *what == store::transfer_outcome::moved
                        ? core::change_result::done
                        : core::change_result::refused;
        done.target_gone = what == store::transfer_outcome::target_gone;
        host->tell(done);
      });
  }
  void operator()(const core::release& x) const {
    h.ask_rows(
      [x](store::membership& rows) {
        return rows.release_shards({x.ours}) > 0;
      },
      [host = &h, x](auto ok) {
        host->tell(core::released{x.ours.shard, x.ours.now, to_change(ok)});
      });
  }
  void operator()(const core::leave&) const {
    h.ask_rows(
      [self = h.self_, by = h.with_.name](store::membership& rows) {
        return rows.set_status(self, store::node_status::draining,
                               store::node_status::left,
                               {"node/" + by, "drained"});
      },
      [](auto) {});
  }

  // -- this node --------------------------------------------------------------

  void operator()(const core::suspend& x) const {
    spdlog::warn("cluster: this node suspends itself: {}", x.reason);
    {
      std::lock_guard guard{h.mutex_};
      ++h.report_.suspensions;
    }
    h.with_.actors->suspend();
  }
  void operator()(const core::resume&) const {
    spdlog::info("cluster: this node takes part");
    h.with_.actors->resume();
    // After whatever was about to open a shard, and was kept from it.
    h.moving_.post([host = &h] {
      for (shard_id s = 0; s < shard_count; ++s)
        if (host->sealing_[s] == 0)
          host->with_.actors->unseal_shard(s);
    });
  }
  void operator()(const core::terminate& x) const {
    if (x.code != 0 && !h.leaving_)
      return h.with_.on_dead(x.reason);
    if (x.code != 0)
      spdlog::warn("cluster: others have ended this node before it had left");
    else
      spdlog::info("cluster: this node has left");
    h.left_ = true;
  }
  void operator()(const core::note& x) const {
    spdlog::info("cluster: {}", x.text);
  }

  // -- shards -----------------------------------------------------------------

  void operator()(const core::load& x) const {
    h.times_.mark(x.what.shard, "loading");
    h.learn(x.what.shard);
    h.moving_.post([host = &h, x] { host->open_shard(x); });
  }
  void operator()(const core::open& x) const {
    h.times_.mark(x.what.shard, "receiving");
  }
  void operator()(const core::serve& x) const {
    h.times_.end(x.what.shard, "serving");
    h.moving_.post([actors = h.with_.actors, shard = x.what.shard] {
      actors->receive_done(shard);
    });
  }
  void operator()(const core::close& x) const {
    h.times_.mark(x.shard, "handing over");
    h.learn(x.shard);
    h.moving_.post([host = &h, x] {
      host->sealing_[x.shard] = 0;
      if (x.moved_to != 0)
        host->with_.router->hand_over(x.shard, true);
      else if (host->with_.actors->close_shard(x.shard))
        spdlog::info("cluster: shard {} closed: {}", x.shard, x.reason);
    });
  }
  void operator()(const core::seal& x) const {
    h.times_.mark(x.what.shard, "sealing");
    h.moving_.post([host = &h, row = x.what] {
      host->sealing_[row.shard] = row.now;
      host->sealed_at_[row.shard] = std::chrono::steady_clock::now();
      host->with_.actors->seal_shard(row.shard);
      auto polls = !host->sealed_.empty();
      if (std::ranges::find(host->sealed_, row.shard) == host->sealed_.end())
        host->sealed_.push_back(row.shard);
      if (!polls)
        host->poll_quiet();
    });
  }
  void operator()(const core::unseal& x) const {
    h.moving_.post([host = &h, shard = x.what.shard] {
      host->sealing_[shard] = 0;
      host->with_.actors->unseal_shard(shard);
    });
  }
  void operator()(const core::preload& x) const {
    h.times_.begin(x.what.shard, "awaiting");
    h.moving_.post([host = &h, what = x.what] { host->preload(what); });
  }
  void operator()(const core::ship_state& x) const {
    h.times_.mark(x.what.shard, "telling");
    core::control state;
    state.kind = core::control_kind::state;
    state.shard = x.what.shard;
    state.epoch = x.what.now;
    h.with_.links->control(x.to, to_bytes(state));
  }
  void operator()(const core::send_queue& x) const {
    auto epoch = h.brain_->shards().known(x.shard).now - 1;
    h.moving_.post(
      [host = &h, shard = x.shard, epoch] { host->hand_over(shard, epoch); });
  }
  void operator()(const core::forget_queue& x) const {
    h.times_.end(x.shard, "gone");
  }
  void operator()(const core::reroute& x) const {
    h.learn(x.shard);
  }
};

void member_host::carry_out(const core::effects& xs) {
  for (auto& x : xs)
    std::visit(carrier{*this}, x);
}

} // namespace hansom
