#include "persistence/postgres/batch.hpp"

#include "persistence/keys.hpp"
#include "persistence/postgres/arrays.hpp"
#include "persistence/postgres/values.hpp"

#include <algorithm>
#include <set>

namespace hansom::store::postgres {

namespace {

constexpr int parameter_count = 57;

template <class T>
std::int64_t big(T x) {
  return static_cast<std::int64_t>(x);
}

template <class T>
std::int16_t small(T x) {
  return static_cast<std::int16_t>(x);
}

using big_array = array_parameter<std::int64_t>;
using int_array = array_parameter<std::int32_t>;
using small_array = array_parameter<std::int16_t>;
using text_array = array_parameter<std::string_view>;

/// One chosen write: its place in the arrays, from 1, and its wave.
struct placed {
  const write* what;
  std::int32_t place;
  std::int32_t wave;
};

void add_fences(std::vector<std::string>& out,
                const std::vector<placed>& writes) {
  std::set<std::pair<shard_id, epoch>> distinct;
  for (auto& x : writes)
    distinct.emplace(x.what->shard, x.what->claimed_epoch);
  small_array shard;
  big_array now;
  for (auto& [s, e] : distinct) {
    shard.push_back(small(s));
    now.push_back(big(e));
  }
  out.push_back(shard.take());
  out.push_back(now.take());
}

void add_writes(std::vector<std::string>& out,
                const std::vector<placed>& writes) {
  int_array wave;
  small_array shard, kind;
  big_array now, entity, first, rev;
  array_parameter<bool> active;
  text_array state;
  for (auto& [x, place, at_wave] : writes) {
    wave.push_back(at_wave);
    shard.push_back(small(x->shard));
    now.push_back(big(x->claimed_epoch));
    kind.push_back(small(x->entity.kind));
    entity.push_back(to_key(x->entity));
    first.push_back(big(x->first_seq));
    rev.push_back(big(x->first_seq + x->events.size() - 1));
    active.push_back(x->active);
    state.push_back(x->state);
  }
  for (auto&& s :
       {wave.take(), shard.take(), now.take(), kind.take(), entity.take(),
        first.take(), rev.take(), active.take(), state.take()})
    out.push_back(s);
}

// Rows that two nodes may want at the same time are written in one order, so
// that they do not wait for each other in a circle: hence the sorting.

void add_commands(std::vector<std::string>& out,
                  const std::vector<placed>& writes) {
  std::vector<const placed*> order;
  for (auto& x : writes)
    if (x.what->command)
      order.push_back(&x);
  std::sort(order.begin(), order.end(), [](auto* a, auto* b) {
    return *a->what->command < *b->what->command;
  });
  int_array wave, place;
  big_array client, entity, seq, at;
  small_array client_kind, kind;
  text_array command;
  for (auto* p : order) {
    auto& x = *p->what;
    wave.push_back(p->wave);
    place.push_back(p->place);
    client.push_back(big(x.command->client.id));
    client_kind.push_back(small(x.command->client.kind));
    command.push_back(x.command->id);
    entity.push_back(to_key(x.entity));
    kind.push_back(small(x.entity.kind));
    seq.push_back(big(x.first_seq));
    at.push_back(x.at.ms);
  }
  for (auto&& s :
       {wave.take(), place.take(), client.take(), client_kind.take(),
        command.take(), entity.take(), kind.take(), seq.take(), at.take()})
    out.push_back(s);
}

using claim_order = std::vector<std::pair<claim, const placed*>>;

void add_claims(std::vector<std::string>& out, claim_order order) {
  std::sort(order.begin(), order.end(),
            [](auto& a, auto& b) { return a.first < b.first; });
  int_array wave, place;
  big_array key, entity;
  small_array claim_number, kind;
  for (auto& [c, p] : order) {
    wave.push_back(p->wave);
    place.push_back(p->place);
    key.push_back(big(c.key));
    claim_number.push_back(small(c.kind));
    entity.push_back(to_key(p->what->entity));
    kind.push_back(small(p->what->entity.kind));
  }
  for (auto&& s : {wave.take(), place.take(), key.take(), claim_number.take(),
                   entity.take(), kind.take()})
    out.push_back(s);
}

void add_all_claims(std::vector<std::string>& out,
                    const std::vector<placed>& writes) {
  claim_order take, release;
  for (auto& p : writes) {
    auto& x = *p.what;
    for (auto& c : x.take)
      take.emplace_back(c, &p);
    // Release comes before take, so a claim in both lists stays.
    for (auto& c : x.release)
      if (std::find(x.take.begin(), x.take.end(), c) == x.take.end())
        release.emplace_back(c, &p);
  }
  add_claims(out, std::move(take));
  add_claims(out, std::move(release));
}

void add_transfers(std::vector<std::string>& out,
                   const std::vector<placed>& writes) {
  std::vector<std::pair<const transfer*, const placed*>> order;
  for (auto& p : writes)
    for (auto& t : p.what->transfers)
      order.emplace_back(&t, &p);
  std::sort(order.begin(), order.end(),
            [](auto& a, auto& b) { return a.first->key < b.first->key; });
  int_array wave, place, unit;
  text_array key, debit, credit;
  big_array minor, entity, seq;
  small_array kind;
  for (auto& [t, p] : order) {
    wave.push_back(p->wave);
    place.push_back(p->place);
    key.push_back(t->key);
    debit.push_back(t->debit);
    credit.push_back(t->credit);
    minor.push_back(t->amount.minor);
    unit.push_back(static_cast<std::int32_t>(t->amount.unit.packed));
    entity.push_back(to_key(p->what->entity));
    kind.push_back(small(p->what->entity.kind));
    seq.push_back(big(p->what->first_seq));
  }
  for (auto&& s :
       {wave.take(), place.take(), key.take(), debit.take(), credit.take(),
        minor.take(), unit.take(), entity.take(), kind.take(), seq.take()})
    out.push_back(s);
}

void add_events(std::vector<std::string>& out,
                const std::vector<placed>& writes, shard_counters last) {
  int_array place, day;
  small_array shard, kind, client_kind;
  big_array shard_seq, entity, seq, now, at, client;
  text_array name, payload, command;
  for (auto& p : writes) {
    auto& x = *p.what;
    auto number = x.first_seq;
    for (auto& e : x.events) {
      place.push_back(p.place);
      day.push_back(day_of(x.at));
      shard.push_back(small(x.shard));
      shard_seq.push_back(big(++last[x.shard]));
      entity.push_back(to_key(x.entity));
      kind.push_back(small(x.entity.kind));
      seq.push_back(big(number++));
      now.push_back(big(x.claimed_epoch));
      at.push_back(x.at.ms);
      name.push_back(e.kind);
      payload.push_back(e.payload);
      client.push_back(x.command ? big(x.command->client.id) : 0);
      client_kind.push_back(x.command ? small(x.command->client.kind)
                                      : std::int16_t{0});
      command.push_back(x.command ? std::string_view{x.command->id}
                                  : std::string_view{});
    }
  }
  for (auto&& s :
       {place.take(), day.take(), shard.take(), shard_seq.take(), entity.take(),
        kind.take(), seq.take(), now.take(), at.take(), name.take(),
        payload.take(), client.take(), client_kind.take(), command.take()})
    out.push_back(s);
}

} // namespace

std::string commit_sql() {
  std::string out = "SELECT no, what, x_kind, x_id, x_seq FROM "
                    "hansom.commit_batch(";
  for (int i = 1; i <= parameter_count; ++i)
    out += (i == 1 ? "$" : ", $") + std::to_string(i);
  return out + ")";
}

batch_parameters parameters_of(const std::vector<write>& batch,
                               const std::vector<std::size_t>& chosen,
                               const shard_counters& last) {
  auto waves = waves_of(batch, chosen);
  std::vector<placed> writes;
  writes.reserve(chosen.size());
  for (std::size_t i = 0; i < chosen.size(); ++i)
    writes.push_back(
      {&batch[chosen[i]], static_cast<std::int32_t>(i + 1), waves[i]});
  batch_parameters out;
  out.values.reserve(parameter_count);
  std::string highest;
  auto last_wave = std::max_element(waves.begin(), waves.end());
  append_number(highest, std::int32_t{waves.empty() ? 0 : *last_wave});
  out.values.push_back(std::move(highest));
  add_fences(out.values, writes);
  add_writes(out.values, writes);
  add_commands(out.values, writes);
  add_all_claims(out.values, writes);
  add_transfers(out.values, writes);
  add_events(out.values, writes, last);
  return out;
}

} // namespace hansom::store::postgres
