#include "persistence/membership.hpp"

#include "persistence/postgres/arrays.hpp"
#include "persistence/postgres/membership_rows.hpp"
#include "persistence/postgres/schema.hpp"
#include "persistence/postgres/values.hpp"

#include <pqxx/pqxx>

namespace hansom::store {

namespace postgres {

namespace {

/// Whoever was to become an owner is not active: nothing was changed.
constexpr const char* not_active = "HN002";

std::string shards_of(const std::vector<shard_row>& all) {
  return written_array(all, [](auto& x) { return x.shard; });
}

std::string owners_of(const std::vector<shard_row>& all) {
  return written_array(all, [](auto& x) { return x.owner; });
}

std::string epochs_of(const std::vector<shard_row>& all) {
  return written_array(all, [](auto& x) { return x.now; });
}

/// Takes "{1,2,3}" apart.
std::vector<std::uint64_t> numbers_of(const pqxx::field& x) {
  std::vector<std::uint64_t> out;
  std::uint64_t now = 0;
  for (auto* c = x.c_str(); *c != '\0'; ++c) {
    if (*c >= '0' && *c <= '9') {
      now = now * 10 + static_cast<std::uint64_t>(*c - '0');
    } else if (*c == ',' || *c == '}') {
      out.push_back(now);
      now = 0;
    }
  }
  return out;
}

beat to_beat(const pqxx::row& row, incarnation self) {
  beat out;
  out.status = static_cast<node_status>(row[0].as<int>());
  out.hb_seq = natural(row[1]);
  out.version = natural(row[2]);
  out.now.ms = integer(row[3]);
  auto who = numbers_of(row[4]);
  auto beats = numbers_of(row[5]);
  for (std::size_t i = 0; i < who.size(); ++i) // Ours as it was before.
    out.members.push_back({who[i], who[i] == self ? out.hb_seq : beats.at(i)});
  return out;
}

struct statement {
  const char* name;
  const char* sql;
};

/// A heartbeat may be lost with the server: nothing rests on it but time.
constexpr statement statements[] = {
  {"beat", "UPDATE hansom.node SET hb_seq = hb_seq + 1, hb_at = hansom.now_ms()"
           " WHERE incarnation = $1 AND status IN (1, 2, 3) AND "
           "set_config('synchronous_commit', 'off', true) IS NOT NULL "
           "RETURNING status, hb_seq, "
           "(SELECT version FROM hansom.cluster_view), hb_at, "
           "(SELECT array_agg(o.incarnation ORDER BY o.incarnation) FROM "
           "hansom.node o WHERE o.status IN (1, 2, 3)), "
           "(SELECT array_agg(o.hb_seq ORDER BY o.incarnation) FROM "
           "hansom.node o WHERE o.status IN (1, 2, 3))"},
  {"join", "SELECT what, self, version, detail FROM hansom.join_cluster("
           "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"},
  {"days", "SELECT hansom.prepare_journal_days("
           "(hansom.now_ms() / 86400000)::integer, $1::integer)"},
  {"status", "SELECT hansom.change_node($1, $2, $3, $4, $5)"},
  {"declare_dead", "SELECT hansom.declare_dead($1, $2, $3, $4, $5)"},
  {"suspect", "SELECT hansom.suspect($1, $2, $3, $4)"},
  {"trust", "SELECT hansom.trust($1, $2)"},
  {"links", "SELECT hansom.report_links($1, $2::bigint[])"},
  {"resolve", "SELECT hansom.resolve_link_partition($1, $2)"},
  {"end_backends",
   "WITH theirs AS MATERIALIZED (SELECT a.pid FROM pg_stat_activity a "
   "WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() "
   "AND a.application_name = 'hansom/' || $1::bigint AND EXISTS ("
   "SELECT 1 FROM hansom.node n WHERE n.incarnation = $1::bigint "
   "AND n.status IN (4, 5))) "
   "SELECT count(*) FROM theirs t WHERE pg_terminate_backend(t.pid)"},
  {"claim_shards", "SELECT shard, epoch FROM hansom.claim_shards($1, "
                   "$2::smallint[], $3::bigint[], $4::bigint[])"},
  {"transfer", "SELECT hansom.transfer_shard($1::smallint, $2, $3, $4)"},
  {"release", "SELECT hansom.release_shards($1::smallint[], $2::bigint[], "
              "$3::bigint[])"},
  {"pin", "SELECT hansom.pin_shard($1::smallint, $2, $3, $4)"},
  {"pause", "SELECT hansom.pause_rebalance($1::boolean, $2, $3)"},
  {"record", "SELECT hansom.record_event($1, $2, $3, $4, $5)"},
};

class postgres_membership final : public membership {
public:
  explicit postgres_membership(const postgres_options& with)
    : db_{guarded([&] { return std::make_unique<session>(with, dog_); })} {
    guarded([&] {
      for (auto& x : statements)
        db_->prepare(x.name, x.sql);
      db_->prepare("view", view_query());
      db_->prepare("events", std::string{"SELECT "} + event_columns
                               + " FROM hansom.cluster_event WHERE pos > $1 "
                                 "ORDER BY pos LIMIT $2::bigint");
      db_->prepare("last_events",
                   std::string{"SELECT * FROM (SELECT "} + event_columns
                     + " FROM hansom.cluster_event ORDER BY pos DESC "
                       "LIMIT $1::bigint) x ORDER BY pos");
    });
  }

  join_result join(const join_request& me) override {
    try {
      guarded([&] { check_schema(*db_); });
    } catch (const unavailable_error&) {
      throw;
    } catch (const unknown_outcome_error&) {
      throw;
    } catch (const std::runtime_error& e) {
      return {join_verdict::wrong_schema, 0, 0, e.what()};
    }
    return guarded([&] {
      db_->run("days", {written(days_ahead)});
      auto row =
        db_
          ->run("join",
                {me.name, me.address, me.url, written(me.protocol_min),
                 written(me.protocol_max), me.app_version, written(me.weight),
                 written(me.config_hash), written(me.shards), me.shard_hash})
          .at(0);
      join_result out{static_cast<join_verdict>(row[0].as<int>()),
                      natural(row[1]), natural(row[2]),
                      row[3].as<std::string>("")};
      if (out.what == join_verdict::joined)
        db_->execute("SET application_name = '" + backend_name(out.self) + "'");
      return out;
    });
  }

  bool activate(incarnation self) override {
    return set_status(self, node_status::joining, node_status::active,
                      {"node#" + written(self), "reaches the others"});
  }

  std::optional<beat> heartbeat(incarnation self) override {
    return guarded([&]() -> std::optional<beat> {
      auto rows = db_->run("beat", {written(self)});
      if (rows.empty())
        return std::nullopt;
      return to_beat(rows[0], self);
    });
  }

  membership_view read_view() override {
    return guarded([&] { return to_view(db_->run("view")); });
  }

  std::size_t suspect(const suspicion& x) override {
    return guarded([&] {
      auto rows = db_->run("suspect", {written(x.target), written(x.reporter),
                                       written(x.hb_seq), written(x.what)});
      return rows[0][0].as<std::size_t>();
    });
  }

  void trust(incarnation target, incarnation reporter) override {
    guarded([&] { db_->run("trust", {written(target), written(reporter)}); });
  }

  void report_links(incarnation self,
                    const std::vector<incarnation>& unreachable) override {
    guarded([&] {
      db_->run("links", {written(self),
                         written_array(unreachable, [](auto x) { return x; })});
    });
  }

  std::optional<incarnation>
  resolve_link_partition(incarnation self, milliseconds after) override {
    return guarded([&]() -> std::optional<incarnation> {
      auto rows = db_->run("resolve", {written(self), written(after.count())});
      if (rows[0][0].is_null())
        return std::nullopt;
      return natural(rows[0][0]);
    });
  }

  bool declare_dead(incarnation target, std::uint64_t hb_seq,
                    const change_note& why, incarnation by) override {
    return truth("declare_dead", {written(target), written(hb_seq), written(by),
                                  why.by, why.reason});
  }

  std::size_t terminate_backends(incarnation dead) override {
    return guarded([&] {
      return db_->run("end_backends", {written(dead)})[0][0].as<std::size_t>();
    });
  }

  std::vector<shard_row>
  claim_shards(incarnation self, const std::vector<shard_row>& seen) override {
    return guarded([&] {
      std::vector<shard_row> out;
      try {
        for (auto row :
             db_->run("claim_shards", {written(self), shards_of(seen),
                                       owners_of(seen), epochs_of(seen)}))
          out.push_back(
            {static_cast<shard_id>(row[0].as<int>()), natural(row[1]), self});
      } catch (const failure& e) {
        if (e.state() != not_active)
          throw;
      }
      return out;
    });
  }

  transfer_outcome transfer_shard(const shard_row& ours,
                                  incarnation to) override {
    return guarded([&] {
      try {
        auto rows =
          db_->run("transfer", {written(ours.shard), written(ours.owner),
                                written(ours.now), written(to)});
        return rows[0][0].as<int>() == 0 ? transfer_outcome::moved
                                         : transfer_outcome::fenced;
      } catch (const failure& e) {
        if (e.state() != not_active)
          throw;
        return transfer_outcome::target_gone;
      }
    });
  }

  std::size_t release_shards(const std::vector<shard_row>& ours) override {
    return guarded([&] {
      auto rows = db_->run("release",
                           {shards_of(ours), owners_of(ours), epochs_of(ours)});
      return rows[0][0].as<std::size_t>();
    });
  }

  bool set_status(incarnation who, node_status from, node_status to,
                  const change_note& why) override {
    return truth(
      "status", {written(who), written(from), written(to), why.by, why.reason});
  }

  bool pin(shard_id shard, const std::string& node,
           const change_note& why) override {
    return truth("pin", {written(shard), node, why.by, why.reason});
  }

  bool pause_rebalance(bool paused, const change_note& why) override {
    return truth("pause", {paused ? "t" : "f", why.by, why.reason});
  }

  std::uint64_t record(const cluster_event& x) override {
    return guarded([&] {
      auto rows = db_->run(
        "record", {x.kind, x.by, x.subject, x.reason, written(x.node)});
      return natural(rows[0][0]);
    });
  }

  std::vector<cluster_event> events_after(std::uint64_t after,
                                          std::size_t limit) override {
    return guarded([&] {
      return to_events(db_->run("events", {written(after), written(limit)}));
    });
  }

  std::vector<cluster_event> last_events(std::size_t count) override {
    return guarded(
      [&] { return to_events(db_->run("last_events", {written(count)})); });
  }

private:
  static std::uint64_t natural(const pqxx::field& x) {
    return static_cast<std::uint64_t>(x.as<std::int64_t>());
  }

  bool truth(const char* name, const std::vector<std::string>& parameters) {
    return guarded([&] { return db_->run(name, parameters)[0][0].as<bool>(); });
  }

  /// Runs `f`, so that only the interface's errors leave the store.
  template <class F>
  static auto guarded(F f) -> decltype(f()) {
    try {
      return f();
    } catch (const failure& e) {
      if (e.outcome_unknown())
        throw unknown_outcome_error{e.what()};
      if (e.is_schema_fault())
        throw unavailable_error{std::string{e.what()}
                                + " (has hansom db migrate been run?)"};
      throw unavailable_error{e.what()};
    }
  }

  watchdog dog_;
  std::unique_ptr<session> db_;
};

} // namespace

std::string backend_name(incarnation self) {
  return self == 0 ? "hansom" : "hansom/" + std::to_string(self);
}

} // namespace postgres

std::unique_ptr<membership> make_postgres_membership(postgres_options with) {
  return std::make_unique<postgres::postgres_membership>(with);
}

} // namespace hansom::store
