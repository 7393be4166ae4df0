#include "persistence/postgres/session.hpp"

#include <pqxx/pqxx>
#include <spdlog/spdlog.h>

namespace hansom::store::postgres {

namespace {

/// Without the trailing newline, and without the statement's text.
std::string first_line(const char* text) {
  std::string out = text;
  return out.substr(0, out.find('\n'));
}

/// libpqxx 6 keeps some codes to itself and tells them by the exception's type.
std::string state_of(const pqxx::failure& e) {
  if (auto* x = dynamic_cast<const pqxx::sql_error*>(&e);
      x && !x->sqlstate().empty())
    return x->sqlstate();
  auto is = [&e](auto* type) {
    return dynamic_cast<decltype(type)>(&e) != nullptr;
  };
  if (is(static_cast<const pqxx::serialization_failure*>(nullptr)))
    return "40001";
  if (is(static_cast<const pqxx::deadlock_detected*>(nullptr)))
    return "40P01";
  if (is(static_cast<const pqxx::insufficient_privilege*>(nullptr)))
    return "42501";
  if (is(static_cast<const pqxx::disk_full*>(nullptr)))
    return "53100";
  if (is(static_cast<const pqxx::insufficient_resources*>(nullptr)))
    return "53000";
  if (is(static_cast<const pqxx::data_exception*>(nullptr)))
    return "22000";
  if (is(static_cast<const pqxx::integrity_constraint_violation*>(nullptr)))
    return "23000";
  if (is(static_cast<const pqxx::undefined_table*>(nullptr)))
    return "42P01";
  if (is(static_cast<const pqxx::undefined_function*>(nullptr)))
    return "42883";
  if (is(static_cast<const pqxx::undefined_column*>(nullptr)))
    return "42703";
  if (is(static_cast<const pqxx::syntax_error*>(nullptr)))
    return "42601";
  return {}; // Then nobody knows what happened.
}

std::string milliseconds_text(std::chrono::milliseconds x) {
  return std::to_string(x.count());
}

} // namespace

bool failure::outcome_unknown() const noexcept {
  // The server ends a session (57P01, 57P02) before or after its commit.
  return state_.empty() || state_ == "57P01" || state_ == "57P02";
}

bool failure::is_collision() const noexcept {
  return state_ == "40001" || state_ == "40P01";
}

bool failure::is_row_fault() const noexcept {
  return state_.starts_with("22") || state_.starts_with("23")
         || state_ == "54000";
}

bool failure::is_schema_fault() const noexcept {
  return state_ == "42P01" || state_ == "42883" || state_ == "42703"
         || state_ == "3F000";
}

session::session(const postgres_options& with, watchdog& dog)
  : dog_{dog}, deadline_{with.answer_timeout} {
  try {
    connection_ = std::make_unique<pqxx::connection>(complete_url(with.url));
    // A lost connection stays lost: its successor would lack the settings.
    // The call is deprecated because version 7 does nothing else.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    connection_->inhibit_reactivation(true);
#pragma GCC diagnostic pop
  } catch (const pqxx::failure& e) {
    throw failure{first_line(e.what()), {}};
  }
  set_up(with);
}

void session::set_up(const postgres_options& with) {
  auto limit =
    with.read_only ? std::chrono::milliseconds{0} : with.statement_timeout;
  auto idle = with.read_only ? std::chrono::milliseconds{0} : with.idle_timeout;
  execute("SET search_path = hansom, pg_temp; SET client_encoding = 'UTF8';"
          "SET plan_cache_mode = force_generic_plan; SET jit = off;"
          "SET client_min_messages = warning; SET statement_timeout = "
          + milliseconds_text(limit)
          + "; SET lock_timeout = " + milliseconds_text(with.lock_timeout)
          + "; SET idle_in_transaction_session_timeout = "
          + milliseconds_text(idle)
          + (with.read_only ? "; SET default_transaction_read_only = on" : "")
          + (with.self == 0
               ? std::string{}
               : "; SET application_name = '" + backend_name(with.self) + "'"));
  auto found =
    execute("SELECT pg_backend_pid(), (SELECT extract(epoch FROM "
            "backend_start)::text FROM "
            "pg_stat_activity WHERE pid = pg_backend_pid()), "
            "current_setting('fsync'), current_setting('synchronous_commit'), "
            "current_setting('full_page_writes')");
  backend_ = {found[0][0].as<int>(), found[0][1].as<std::string>("")};
  if (with.read_only || with.allow_unsafe)
    return;
  for (int i : {2, 3, 4}) {
    static constexpr const char* names[] = {"fsync", "synchronous_commit",
                                            "full_page_writes"};
    if (std::string{found[0][i].c_str()} == "off")
      throw std::runtime_error{
        std::string{"the PostgreSQL server has "} + names[i - 2]
        + " = off and may forget what it has acknowledged: set it to on"};
  }
}

void session::prepare(const char* name, const std::string& sql) {
  guarded(true, [&] {
    connection_->prepare(name, sql);
    connection_->prepare_now(name);
    return pqxx::result{};
  });
}

template <class F>
pqxx::result session::guarded(bool hurry, F f) {
  if (lost_)
    throw failure{"the connection was lost before", "08003"};
  try {
    if (!hurry)
      return f();
    watchdog::guard limit{dog_, connection_->sock(), deadline_};
    return f();
  } catch (const pqxx::failure& e) {
    auto state = state_of(e);
    if (!state.empty())
      throw failure{first_line(e.what()), std::move(state)};
    lost_ = true;
    throw failure{"the connection to the server broke: " + first_line(e.what()),
                  {}};
  }
}

pqxx::result session::run(const char* name,
                          const std::vector<std::string>& parameters) {
  return guarded(true, [&] {
    pqxx::nontransaction now{*connection_};
    return now.exec_prepared(name, pqxx::prepare::make_dynamic_params(
                                     parameters.begin(), parameters.end()));
  });
}

pqxx::result session::run_binary(const char* name,
                                 const std::vector<std::string>& parameters) {
  return guarded(true, [&] {
    std::vector<pqxx::binarystring> binary;
    binary.reserve(parameters.size());
    for (auto& x : parameters)
      binary.emplace_back(x);
    pqxx::nontransaction now{*connection_};
    return now.exec_prepared(
      name, pqxx::prepare::make_dynamic_params(binary.begin(), binary.end()));
  });
}

pqxx::result session::execute(const std::string& sql) {
  return guarded(true,
                 [&] { return pqxx::nontransaction{*connection_}.exec(sql); });
}

std::string session::value(const std::string& sql) {
  auto rows = execute(sql);
  return rows.empty() ? std::string{} : rows[0][0].as<std::string>("");
}

pqxx::result session::execute_patiently(const std::string& sql) {
  return guarded(false,
                 [&] { return pqxx::nontransaction{*connection_}.exec(sql); });
}

void session::scan(const std::string& query,
                   const std::function<void(const pqxx::row&)>& visit) {
  auto name = "scan" + std::to_string(++scans_); // A visitor may scan, too.
  try {
    // WITH HOLD outlives its transaction: none is open while visitors work.
    execute_patiently("BEGIN; SET LOCAL statement_timeout = 0; DECLARE " + name
                      + " CURSOR WITH HOLD FOR " + query + "; COMMIT");
  } catch (const failure& e) {
    if (!e.outcome_unknown())
      execute("ROLLBACK");
    throw;
  }
  auto fetch = "FETCH 5000 FROM " + name;
  try {
    for (auto more = true; more;) {
      auto rows = execute_patiently(fetch);
      for (auto row : rows)
        visit(row);
      more = rows.size() == 5000;
    }
  } catch (const failure&) {
    throw;
  } catch (...) {
    execute("CLOSE " + name);
    throw;
  }
  execute("CLOSE " + name);
}

} // namespace hansom::store::postgres
