#include "actors/runtime/commit_gate.hpp"

#include "protocol/json/writer.hpp"
#include "protocol/log_context.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace hansom {

std::string ack_of(entity_ref where, std::uint64_t seq) {
  std::string out = R"({"type":"ack")";
  if (where.kind == entity_kind::trip) {
    out += ",\"trip\":";
    json::append(out, trip_id{where.id});
  }
  out += ",\"rev\":";
  json::append(out, seq);
  out += '}';
  return out;
}

namespace {

/// What is kept of a write until its answer: where it belongs and which events
/// it has, without the texts.
store::write outline(const store::write& x) {
  store::write result;
  result.entity = x.entity;
  result.shard = x.shard;
  result.claimed_epoch = x.claimed_epoch;
  result.first_seq = x.first_seq;
  result.at = x.at;
  result.events.reserve(x.events.size());
  for (auto& event : x.events)
    result.events.push_back({event.kind, {}});
  return result;
}

} // namespace

void commit_gate::init(caf::scheduled_actor* self, runtime* rt, entity_ref me) {
  self_ = self;
  rt_ = rt;
  me_ = me;
  shard_ = shard_of(me);
  epoch_ = rt->epoch_of(shard_);
}

commit_gate::~commit_gate() {
  if (!rt_)
    return;
  rt_->answered(shard_, lookups_.size() + (flying_ ? 1 : 0));
  if (!rt_->is_clustered())
    return;
  if (flying_ && flying_->from)
    rt_->refuse(*flying_->from, error_code::unknown_outcome);
  for (auto& x : lookups_)
    rt_->refuse(x.from, error_code::moved);
  for (auto& x : waiting_)
    if (x.from)
      rt_->refuse(*x.from, error_code::moved);
}

void commit_gate::refuse_full(const client_ref& from) {
  rt_->drops().count(drop_reason::gate_full);
  rt_->refuse(from, error_code::overloaded);
}

void commit_gate::turn_away(const client_ref& from) {
  rt_->drops().count(drop_reason::gate_lost);
  rt_->refuse(from, lost_code());
}

void commit_gate::command(const client_ref& from, task run) {
  if (lost_)
    return turn_away(from);
  if (from.trace && rt_->spans() != nullptr)
    run = traced(from, std::move(run));
  if (idle() && waiting_.empty())
    return run();
  if (commands_ == commands_max)
    return refuse_full(from);
  ++commands_;
  waiting_.push_back({from, std::move(run)});
}

/// The entity's own work on a command; its wait for an earlier write shows as
/// the time before.
commit_gate::task commit_gate::traced(const client_ref& from, task run) {
  return [this, parent = from.trace, run = std::move(run)] {
    log_scope in_log{{me_, parent}};
    auto here = begin_span(rt_->spans(), parent);
    run();
    end_span(rt_->spans(), here, [this] {
      finished_span x;
      x.name = "handle";
      x.tags = {{"hansom.entity", to_string(me_)}};
      return x;
    });
  };
}

void commit_gate::end_trace(step& x, const store::result& result) {
  end_span(rt_->spans(), x.trace, [&] {
    finished_span out;
    out.name = "commit";
    out.kind = span_kind::client;
    if (result.what != store::outcome::committed)
      out.error = store::to_string(result.what);
    std::string kinds;
    for (auto& event : x.what.events)
      kinds += (kinds.empty() ? "" : ",") + event.kind;
    out.tags = {{"hansom.entity", to_string(me_)},
                {"hansom.events", std::move(kinds)},
                {"hansom.seq", static_cast<std::int64_t>(x.what.first_seq)}};
    return out;
  });
}

void commit_gate::mail(task run) {
  if (lost_)
    return rt_->drops().count(drop_reason::gate_lost);
  if (idle() && waiting_.empty())
    return run();
  if (waiting_.size() - commands_ == mails_max) {
    // What matters is said again: offers, wishes and turns are repeated.
    spdlog::warn("{}: {} mails wait for a write; one dropped", to_string(me_),
                 mails_max);
    return rt_->drops().count(drop_reason::gate_full);
  }
  waiting_.push_back({std::nullopt, std::move(run)});
}

void commit_gate::commit(step x) {
  assert(idle());
  auto& w = x.what;
  w.entity = me_;
  w.shard = shard_;
  w.claimed_epoch = epoch_;
  w.at = rt_->now();
  if (x.from && !x.from->command.empty())
    w.command = store::command_key{x.from->client, x.from->command};
  if (x.from)
    x.trace = begin_span(rt_->spans(), x.from->trace);
  flying_token_ = ++last_token_;
  auto whole = std::exchange(w, outline(w));
  flying_ = std::make_unique<step>(std::move(x));
  rt_->asked(shard_);
  send(rt_->writer(),
       caf::make_message(commit_request{std::move(whole), flying_token_,
                                        flying_->urgent, flying_->trace.at}));
}

void commit_gate::refuse(const client_ref& from, error_code why,
                         std::string sentence,
                         std::function<void(entity_ref)> repeated) {
  look_up(from, [this, from, why, sentence = std::move(sentence),
                 repeated = std::move(repeated)](const lookup_result& x) {
    if (x.found) {
      rt_->reply(from, ack_of(x.entity, x.seq));
      if (repeated)
        repeated(x.entity);
    } else if (x.unavailable) {
      rt_->refuse(from, error_code::store_unavailable);
    } else {
      rt_->refuse(from, why, sentence);
    }
  });
}

void commit_gate::look_up(const client_ref& from,
                          std::function<void(const lookup_result&)> found) {
  if (lookups_.size() == lookups_max) {
    rt_->drops().count(drop_reason::gate_full);
    lookup_result busy;
    busy.unavailable = true;
    return found(busy);
  }
  auto token = ++last_token_;
  lookups_.push_back({token, from, std::move(found)});
  rt_->asked(shard_);
  send(rt_->reader(),
       caf::make_message(lookup_command{{from.client, from.command}, token}));
}

void commit_gate::handle(const lookup_result& x) {
  auto at = std::find_if(lookups_.begin(), lookups_.end(),
                         [&](auto& y) { return y.token == x.token; });
  if (at == lookups_.end())
    return;
  auto found = std::move(at->found);
  lookups_.erase(at);
  found(x);
  rt_->answered(shard_);
}

void commit_gate::handle(const commit_result& x) {
  if (!flying_ || x.token != flying_token_)
    return;
  auto done = std::move(*flying_);
  flying_.reset();
  log_scope in_log{{me_, done.trace.at}};
  end_trace(done, x.result);
  finish(std::move(done), x.result);
  drain();
  rt_->answered(shard_);
}

void commit_gate::finish(step x, const store::result& result) {
  switch (result.what) {
  case store::outcome::committed:
    if (x.from)
      rt_->reply(*x.from, ack_of(me_, x.what.first_seq));
    return x.done();
  case store::outcome::duplicate_command:
    if (x.from)
      rt_->reply(*x.from, ack_of(result.first_entity, result.first_seq));
    return x.failed(result);
  case store::outcome::claim_lost:
    return x.failed(result);
  case store::outcome::unavailable:
    rt_->drops().count(drop_reason::commit_refused);
    return x.failed(result);
  case store::outcome::stale_epoch:
    moved_ = true;
    rt_->drops().count(drop_reason::commit_stale_epoch);
    rt_->fenced(shard_, epoch_);
    return give_up(x, result);
  default:
    spdlog::error("{}: the store says {} to events from seq {}", to_string(me_),
                  store::to_string(result.what), x.what.first_seq);
    rt_->drops().count(drop_reason::commit_rejected);
    return give_up(x, result);
  }
}

void commit_gate::give_up(const step& x, const store::result&) {
  lost_ = true;
  if (x.from)
    rt_->refuse(*x.from, lost_code());
}

void commit_gate::drain() {
  while (!waiting_.empty() && (idle() || lost_)) {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    if (next.from)
      --commands_;
    if (!lost_)
      next.run();
    else if (next.from)
      turn_away(*next.from);
    else
      rt_->drops().count(drop_reason::gate_lost);
  }
}

error_code commit_gate::lost_code() const noexcept {
  return moved_ ? error_code::moved : error_code::store_unavailable;
}

void commit_gate::send(const caf::actor& to, caf::message what) {
  to->enqueue(caf::strong_actor_ptr{self_->ctrl()}, caf::make_message_id(),
              std::move(what), self_->context());
}

void commit_gate::describe(std::string& out) const {
  out += "\"writing\":";
  std::vector<std::string> kinds;
  if (flying_)
    for (auto& x : flying_->what.events)
      kinds.push_back(x.kind);
  json::append(out, kinds);
  out += ",\"waiting_commands\":";
  json::append(out, commands_);
  out += ",\"waiting_mails\":";
  json::append(out, waiting_.size() - commands_);
  out += ",\"lookups\":";
  json::append(out, lookups_.size());
  if (lost_)
    out += ",\"lost\":true";
}

} // namespace hansom
