#include "persistence/lasting.hpp"

#include <chrono>

namespace hansom::store {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

class lasting_connection : public connection {
public:
  explicit lasting_connection(std::shared_ptr<factory> connections)
    : connections_{std::move(connections)} {
  }

  void migrate() override {
    once([](connection& x) { x.migrate(); });
  }
  incarnation start_incarnation(std::string_view, timestamp) override {
    refuse();
  }
  std::vector<shard_row> claim_shards(incarnation, timestamp) override {
    refuse();
  }
  std::vector<result> commit(const std::vector<write>&) override {
    refuse();
  }
  upkeep_step keep_up(const upkeep_order&) override {
    refuse();
  }
  std::vector<bool> which_happened(const std::vector<write>& batch) override {
    return twice([&](connection& x) { return x.which_happened(batch); });
  }
  std::optional<stored_entity> load(entity_ref entity) override {
    return twice([&](connection& x) { return x.load(entity); });
  }
  std::optional<command_row> find_command(const command_key& key) override {
    return twice([&](connection& x) { return x.find_command(key); });
  }
  std::optional<entity_ref> holder_of(claim what) override {
    return twice([&](connection& x) { return x.holder_of(what); });
  }
  std::vector<claim_row> holders_of(const std::vector<claim>& what) override {
    return twice([&](connection& x) { return x.holders_of(what); });
  }
  std::vector<journal_row> journal_of(entity_ref entity,
                                      std::size_t limit) override {
    return twice([&](connection& x) { return x.journal_of(entity, limit); });
  }
  std::vector<journal_row> journal_after(shard_id shard, std::uint64_t after,
                                         std::size_t limit) override {
    return twice(
      [&](connection& x) { return x.journal_after(shard, after, limit); });
  }

  // Said twice, a revocation is the same as said once.

  void put_revocation(const revocation_row& x) override {
    twice([&](connection& c) { c.put_revocation(x); });
  }
  std::vector<revocation_row> revocations_after(std::uint64_t after,
                                                std::size_t limit) override {
    return twice(
      [&](connection& x) { return x.revocations_after(after, limit); });
  }
  std::uint64_t forget_revocations(timestamp now) override {
    return twice([&](connection& x) { return x.forget_revocations(now); });
  }

  // A visitor has perhaps seen half of it: never begun again.

  void
  for_each_active(shard_id shard,
                  const std::function<void(stored_entity)>& visit) override {
    once([&](connection& x) { x.for_each_active(shard, visit); });
  }
  void
  scan_journal(const std::function<void(const journal_row&)>& visit) override {
    once([&](connection& x) { x.scan_journal(visit); });
  }
  void scan_entities(
    const std::function<void(const stored_entity&)>& visit) override {
    once([&](connection& x) { x.scan_entities(visit); });
  }
  void
  scan_claims(const std::function<void(const claim_row&)>& visit) override {
    once([&](connection& x) { x.scan_claims(visit); });
  }
  void scan_transfers(
    const std::function<void(const transfer_row&)>& visit) override {
    once([&](connection& x) { x.scan_transfers(visit); });
  }
  void
  scan_commands(const std::function<void(const command_row&)>& visit) override {
    once([&](connection& x) { x.scan_commands(visit); });
  }
  void scan_shard_history(
    const std::function<void(const shard_history_row&)>& visit) override {
    once([&](connection& x) { x.scan_shard_history(visit); });
  }
  void
  scan_bases(const std::function<void(const stored_entity&)>& visit) override {
    once([&](connection& x) { x.scan_bases(visit); });
  }
  void scan_trims(const std::function<void(const trim_row&)>& visit) override {
    once([&](connection& x) { x.scan_trims(visit); });
  }
  timestamp commands_since() override {
    return twice([](connection& x) { return x.commands_since(); });
  }

private:
  [[noreturn]] static void refuse() {
    throw unavailable_error{"this connection is for reading only"};
  }

  connection& there() {
    if (now_)
      return *now_;
    if (steady::now() < open_at_)
      throw unavailable_error{why_};
    try {
      now_ = connections_->open();
    } catch (const std::exception& e) {
      lose(e.what());
      throw unavailable_error{why_};
    }
    return *now_;
  }

  void lose(const char* why) {
    now_.reset();
    why_ = why;
    open_at_ = steady::now() + 200ms;
  }

  template <class F>
  auto once(F f) -> decltype(f(std::declval<connection&>())) {
    auto& x = there();
    try {
      return f(x);
    } catch (const unavailable_error& e) {
      lose(e.what());
      throw;
    }
  }

  template <class F>
  auto twice(F f) -> decltype(f(std::declval<connection&>())) {
    auto fresh = !now_;
    try {
      return once(f);
    } catch (const unavailable_error&) {
      // An old connection may have died of a restart long ago.
      if (fresh)
        throw;
      open_at_ = {};
    }
    return once(f);
  }

  std::shared_ptr<factory> connections_;
  std::unique_ptr<connection> now_;
  steady::time_point open_at_;
  std::string why_;
};

} // namespace

std::unique_ptr<connection> make_lasting(std::shared_ptr<factory> connections) {
  return std::make_unique<lasting_connection>(std::move(connections));
}

} // namespace hansom::store
