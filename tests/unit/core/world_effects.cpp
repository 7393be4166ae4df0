#include "tests/unit/core/world_impl.hpp"

namespace hansom::tests {

using namespace core;

/// Carries the effects of one node out, as its executor would.
struct world::carrier {
  world& w;
  std::size_t i;

  [[nodiscard]] machine& me() const {
    return w.machines_[i];
  }
  [[nodiscard]] moment clock() const {
    return me().clock(w.now_);
  }
  [[nodiscard]] std::function<void(const input&)> answer() const {
    return [this_world = &w, n = i](const input& x) { this_world->feed(n, x); };
  }
  /// Something local that takes a moment.
  void soon(milliseconds after, const input& x) const {
    w.schedule(after, [this_world = &w, n = i, who = me().who, x] {
      this_world->to_process(n, who, [=] { this_world->feed(n, x); });
    });
  }
  template <class Exec, class Done>
  void ask(Exec exec, Done done) const {
    w.ask_store(i, exec, done);
  }

  void operator()(const beat_now&) const {
    ask([s = &w.store_, who = me().who] { return s->heartbeat(who); },
        [tell = answer(), sent = clock()](auto x) {
          if (x)
            tell(beat_done{sent, true, *x});
          else
            tell(beat_done{sent, false, {}});
        });
  }
  void operator()(const read_view&) const {
    ask([s = &w.store_] { return s->read_view(); },
        [tell = answer()](auto x) { tell(view_read{x}); });
  }
  void operator()(const ping_scheduler&) const {
    soon(milliseconds{2}, scheduler_ran{clock()});
  }
  void operator()(const probe& x) const {
    auto j = w.find(x.peer);
    std::optional<store::evidence> what;
    auto cut = j != nobody && (me().cut_to[j] || w.machines_[j].cut_to[i]);
    if (j == nobody) // A machine knows which of its processes is gone.
      what = store::evidence::refused;
    else if (cut)
      what = store::evidence::timeout;
    soon(milliseconds{cut ? 500 : 3}, probed{x.peer, what});
  }
  void operator()(const core::send& x) const {
    auto j = w.find(x.to);
    w.transmit(i, j, [this_world = &w, j, from = me().who, m = x.what] {
      this_world->feed(j, received{from, m});
    });
  }
  void operator()(const activate&) const {
    ask([s = &w.store_, who = me().who] { return s->activate(who); },
        [tell = answer()](auto x) { tell(activated{x.value_or(false)}); });
  }
  void operator()(const suspect& x) const {
    ask([s = &w.store_, what = x.what] { return s->suspect(what); },
        [tell = answer(), what = x.what](auto n) {
          if (n)
            tell(suspected{what.target, what.hb_seq, *n});
        });
  }
  void operator()(const trust& x) const {
    ask(
      [s = &w.store_, target = x.target, who = me().who] {
        s->trust(target, who);
        return true;
      },
      [](auto) {});
  }
  void operator()(const report_links& x) const {
    ask(
      [this_world = &w, who = me().who, to = x.unreachable] {
        this_world->store_.report_links(who, to, this_world->now_);
        return true;
      },
      [](auto) {});
  }
  void operator()(const resolve_cut&) const {
    ask(
      [this_world = &w] {
        this_world->store_.resolve(this_world->now_, times{}.cut);
        return true;
      },
      [](auto) {});
  }
  void operator()(const declare_dead& x) const {
    ask([s = &w.store_, x,
         who = me().who] { return s->declare_dead(x.target, x.hb_seq, who); },
        [tell = answer(), x](auto ok) {
          tell(declared{x.target, !ok   ? change_result::unknown
                                  : *ok ? change_result::done
                                        : change_result::refused});
        });
  }
  void operator()(const claim& x) const {
    ask([s = &w.store_, who = me().who,
         seen = x.seen] { return s->claim(who, seen); },
        [tell = answer()](auto won) {
          if (won)
            tell(claimed{change_result::done, *won});
          else
            tell(claimed{change_result::unknown, {}});
        });
  }
  void operator()(const transfer& x) const {
    ask([s = &w.store_, x] { return s->transfer(x.ours, x.to); },
        [this_world = &w, tell = answer(), x](auto what) {
          transferred done{x.ours.shard, x.ours.now, change_result::unknown};
          if (what)
            done.what = *what == store::transfer_outcome::moved
                          ? change_result::done
                          : change_result::refused;
          done.target_gone = what == store::transfer_outcome::target_gone;
          this_world->counts.moves += done.what == change_result::done ? 1 : 0;
          tell(done);
        });
  }
  void operator()(const release& x) const {
    ask([s = &w.store_, x] { return s->release(x.ours); },
        [tell = answer(), x](auto ok) {
          tell(released{x.ours.shard, x.ours.now,
                        !ok   ? change_result::unknown
                        : *ok ? change_result::done
                              : change_result::refused});
        });
  }
  void operator()(const core::leave&) const {
    ask(
      [s = &w.store_, who = me().who] {
        return s->set_status(who, node_status::draining, node_status::left);
      },
      [](auto) {});
  }
  void operator()(const suspend&) const {
    ++w.counts.suspensions;
  }
  void operator()(const resume&) const {
  }
  void operator()(const terminate& x) const {
    w.counts.left += x.code == 0 ? 1 : 0;
    // Not from within its own step.
    w.schedule(milliseconds{0}, [this_world = &w, n = i, who = me().who] {
      if (this_world->machines_[n].who == who)
        this_world->kill(n);
    });
  }
  void operator()(const load& x) const {
    ask([] { return true; },
        [this_world = &w, n = i, x](auto ok) {
          // A moment after the rows were read, entities are there.
          carrier{*this_world, n}.soon(
            milliseconds{this_world->setup_.calm ? 5 : this_world->random(60)},
            loaded{x.what.shard, x.what.now, ok.has_value()});
        });
  }
  void operator()(const open&) const {
  }
  void operator()(const serve&) const {
  }
  void operator()(const core::close& x) const {
    me().runs->sealing.erase(x.shard);
  }
  void operator()(const seal& x) const {
    auto& p = *me().runs;
    if (p.running[x.what.shard] > 0)
      p.sealing[x.what.shard] = x.what.now;
    else
      soon(milliseconds{1}, sealed{x.what.shard, x.what.now});
  }
  void operator()(const unseal& x) const {
    me().runs->sealing.erase(x.what.shard);
  }
  void operator()(const preload& x) const {
    ask([] { return true; },
        [tell = answer(), x](auto ok) {
          if (ok)
            tell(preloaded{x.what.shard, x.what.now});
        });
  }
  void operator()(const ship_state& x) const {
    auto j = w.find(x.to);
    w.transmit(i, j, [this_world = &w, j, row = x.what] {
      this_world->feed(j, state_arrived{row.shard, row.now});
    });
  }
  void operator()(const send_queue& x) const {
    auto& p = *me().runs;
    auto& kept = p.passed_on[x.shard];
    for (auto token : p.waiting[x.shard].take())
      kept.push_back(token);
    auto epoch = p.brain.shards().known(x.shard).now;
    auto j = w.find(x.to);
    for (std::size_t n = 0; n < kept.size() && !w.setup_.broken.drops_queue;
         ++n)
      w.transmit(i, j,
                 [this_world = &w, j, epoch, n, x = p.held.at(kept[n]).what] {
                   carrier{*this_world, j}.take(x, epoch, n);
                 });
    auto count = w.setup_.broken.drops_queue ? 0 : kept.size();
    soon(milliseconds{0}, queue_sent{x.shard, count});
  }
  void operator()(const forget_queue& x) const {
    auto& p = *me().runs;
    for (auto token : p.passed_on[x.shard])
      p.held.erase(token);
    p.passed_on.erase(x.shard);
  }
  void operator()(const reroute& x) const {
    w.flush(i, x.shard);
  }
  void operator()(const note&) const {
  }

  void take(const command& x, store::epoch epoch, std::uint64_t index) const {
    effects out;
    auto verdict =
      me().runs->brain.take_forwarded(clock(), x.shard, epoch, index, out);
    if (verdict == forwarded_verdict::fresh)
      w.place(i, x, true);
    w.carry_out(i, out);
  }
};

void world::carry_out(std::size_t i, const effects& xs) {
  for (auto& x : xs) {
    if (!machines_[i].runs)
      return;
    std::visit(carrier{*this, i}, x);
  }
}

} // namespace hansom::tests
