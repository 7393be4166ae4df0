#include "tests/unit/actors/city_fixture.hpp"

namespace hansom::testing {

namespace {

caf::actor_system_config& configure(caf::actor_system_config& config) {
  config.add_message_types<caf::id_block::hansom>();
  config.set("scheduler.policy", caf::atom("testing"));
  return config;
}

class cuttable final : public store::connection {
public:
  cuttable(std::unique_ptr<store::connection> real, std::shared_ptr<bool> cut)
    : real_{std::move(real)}, cut_{std::move(cut)} {
  }

  void migrate() override {
    real().migrate();
  }
  store::incarnation start_incarnation(std::string_view name,
                                       timestamp at) override {
    return real().start_incarnation(name, at);
  }
  std::vector<store::shard_row> claim_shards(store::incarnation self,
                                             timestamp at) override {
    return real().claim_shards(self, at);
  }
  std::vector<store::result>
  commit(const std::vector<store::write>& batch) override {
    return real().commit(batch);
  }
  std::optional<store::stored_entity> load(entity_ref x) override {
    return real().load(x);
  }
  void for_each_active(
    shard_id shard,
    const std::function<void(store::stored_entity)>& visit) override {
    real().for_each_active(shard, visit);
  }
  std::optional<store::command_row>
  find_command(const store::command_key& key) override {
    return real().find_command(key);
  }
  std::optional<entity_ref> holder_of(store::claim what) override {
    return real().holder_of(what);
  }
  std::vector<store::journal_row> journal_of(entity_ref x,
                                             std::size_t limit) override {
    return real().journal_of(x, limit);
  }
  std::vector<store::journal_row> journal_after(shard_id shard,
                                                std::uint64_t after,
                                                std::size_t limit) override {
    return real().journal_after(shard, after, limit);
  }
  void scan_journal(
    const std::function<void(const store::journal_row&)>& f) override {
    real().scan_journal(f);
  }
  void scan_entities(
    const std::function<void(const store::stored_entity&)>& f) override {
    real().scan_entities(f);
  }
  void
  scan_claims(const std::function<void(const store::claim_row&)>& f) override {
    real().scan_claims(f);
  }
  void scan_transfers(
    const std::function<void(const store::transfer_row&)>& f) override {
    real().scan_transfers(f);
  }
  void scan_commands(
    const std::function<void(const store::command_row&)>& f) override {
    real().scan_commands(f);
  }
  void scan_shard_history(
    const std::function<void(const store::shard_history_row&)>& f) override {
    real().scan_shard_history(f);
  }

private:
  store::connection& real() {
    if (*cut_)
      throw store::unavailable_error{"cut by the test"};
    return *real_;
  }

  std::unique_ptr<store::connection> real_;
  std::shared_ptr<bool> cut_;
};

caf::behavior stand_in(caf::event_based_actor* self, entity_ref who,
                       std::shared_ptr<stand_in_log> log) {
  self->set_default_handler(
    [=](caf::scheduled_actor*,
        caf::message_view& x) -> caf::result<caf::message> {
      auto what = x.move_content_to_message();
      log->all.push_back({who, what});
      if (log->script)
        log->script(who, what);
      return caf::sec::unexpected_message;
    });
  return {[](caf::ok_atom) {}};
}

caf::behavior lane_watch(caf::event_based_actor* self, caf::actor writer,
                         std::shared_ptr<lane_log> log) {
  return {[=](commit_request& x) {
    log->emplace_back(x.what.events.front().kind, x.urgent);
    self->delegate(writer, std::move(x));
  }};
}

} // namespace

std::unique_ptr<store::connection>
cut_connection(std::unique_ptr<store::connection> real,
               std::shared_ptr<bool> cut) {
  return std::make_unique<cuttable>(std::move(real), std::move(cut));
}

std::vector<std::string>
recorded_clients::replies(std::string_view command) const {
  std::vector<std::string> result;
  for (auto& x : frames)
    if (x.how == delivery::reply && x.re == command)
      result.push_back(x.body);
  return result;
}

std::vector<std::string> recorded_clients::pushes(session_ref to,
                                                  std::string_view type) const {
  std::vector<std::string> result;
  auto begin = "{\"type\":\"" + std::string{type} + '"';
  for (auto& x : frames)
    if (x.to == to && x.how != delivery::reply
        && x.body.compare(0, begin.size(), begin) == 0)
      result.push_back(x.body);
  return result;
}

city_fixture::city_fixture(dispatch_config config)
  : config_{std::move(config)}, system_{configure(system_config_)},
    sched_{
      dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())},
    db_{store::make_sqlite_in_memory()} {
  connection_ = db_->open();
  connection_->migrate();
}

city_fixture::~city_fixture() {
  crash();
}

void city_fixture::boot() {
  cut_ = std::make_shared<bool>(false);
  clients = std::make_shared<recorded_clients>();
  auto self = connection_->start_incarnation("test", now());
  auto open = [this] { return cut_connection(db_->open(), cut_); };
  stats = std::make_shared<journal_writer_stats>();
  writer_ = spawn_journal_writer(system_, open(), {}, stats, false);
  reader_ = spawn_store_reader(system_, open(), false);
  runtime::parts parts;
  parts.config = config_;
  parts.quotes = quotes;
  parts.seed = seed;
  parts.incarnation = self;
  parts.wall_at_start = now();
  parts.clients = clients.get();
  parts.positions = positions;
  parts.router = router;
  parts.writer = writer_;
  if (lanes)
    parts.writer = watch_ = system_.spawn(lane_watch, writer_, lanes);
  parts.reader = reader_;
  node_ = std::make_unique<runtime>(system_, std::move(parts));
  for (auto kind : {entity_kind::driver, entity_kind::rider, entity_kind::trip,
                    entity_kind::cell})
    node_->set_factory(kind, factory_for(kind));
  node_->own(connection_->claim_shards(self, now()));
  node_->start();
  node_->recover(*connection_);
}

void city_fixture::crash() {
  if (!node_)
    return;
  *cut_ = true;
  clients->deaf = true;
  stand_ins->script = nullptr;
  node_->stop();
  for (auto* x : {&writer_, &reader_, &watch_}) {
    if (*x)
      caf::anon_send_exit(*x, caf::exit_reason::kill);
    *x = nullptr;
  }
  settle();
  // Nobody may use the node when it is gone.
  CHECK(system_.registry().running() == 0);
  node_.reset();
}

void city_fixture::restart() {
  crash();
  boot();
}

void city_fixture::settle() {
  while (sched_.try_run_once())
    continue;
}

bool city_fixture::step(std::size_t n) {
  auto& jobs = sched_.jobs;
  if (jobs.empty())
    return false;
  auto at = jobs.begin() + static_cast<std::ptrdiff_t>(n % jobs.size());
  std::rotate(jobs.begin(), at, at + 1);
  sched_.run_once();
  return true;
}

void city_fixture::advance(milliseconds by) {
  settle(); // A spawned actor sets its first timer only once it has run.
  while (by.count() > 0) {
    auto d = std::min(by, alarms::tick);
    tick(d);
    settle();
    by -= d;
  }
}

void city_fixture::tick(milliseconds by) {
  elapsed_ += by;
  sched_.advance_time(by);
}

entity_factory city_fixture::factory_for(entity_kind kind) {
  if (auto found = factories_.find(kind); found != factories_.end())
    return found->second;
  return [this](runtime&, entity_ref who, activation, std::shared_ptr<probe>) {
    return system_.spawn<caf::lazy_init>(stand_in, who, stand_ins);
  };
}

} // namespace hansom::testing
