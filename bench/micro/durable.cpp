#include "bench/micro/bare_rows.hpp"
#include "bench/micro/durable_rides.hpp"
#include "bench/micro/micro.hpp"
#include "persistence/postgres/postgres.hpp"

#include <algorithm>
#include <cstdio>

namespace hansom::bench {

namespace {

/// More than the goal, so that what is left over meets it.
constexpr double offered_per_s = 2'050;
constexpr double wanted_per_s = 2'000;

std::string times(const pace& x) {
  char text[64];
  std::snprintf(text, sizeof text, "p50 %.2f ms, p99 %.2f ms", x.p50_ms,
                x.p99_ms);
  return text;
}

void say(const report& to, const std::string& what, const pace& x,
         const char* unit = "1/s") {
  row out;
  out.measure = what;
  out.unit = unit;
  out.value = x.per_s;
  out.note = times(x);
  to(out);
}

/// @returns commands/s at saturation.
double measure_store(const report& to, const std::string& name,
                     store::factory& from, double seconds) {
  durable_rides load{from};
  load.closed(16, seconds / 2); // Warm.
  double best = 0;
  for (std::size_t n : {1, 16, 256, 4096}) {
    auto x = load.closed(n, seconds);
    best = std::max(best, x.per_s);
    say(to, name + ": durable commands, " + std::to_string(n) + " at once", x);
  }
  const auto span = std::max(3.0, 5 * seconds);
  auto steady = load.open(offered_per_s, span);
  row rate;
  rate.measure = name + ": durable commands, 2,050/s arrive";
  rate.unit = "1/s";
  rate.value = steady.per_s;
  rate.goal = goal_kind::at_least;
  rate.limit = wanted_per_s;
  rate.note = "for " + std::to_string(static_cast<int>(span)) + " s";
  to(rate);
  row slow;
  slow.measure = name + ": p99 of these, from due to durable";
  slow.unit = "ms";
  slow.value = steady.p99_ms;
  slow.goal = goal_kind::at_most;
  slow.limit = 10;
  slow.note = times(steady);
  to(slow);
  return best;
}

/// Counted in commands, and in the rows that these are.
void say_share(const report& to, double commands_per_s, double bare_per_s) {
  row out;
  out.unit = "%";
  out.goal = goal_kind::at_least;
  out.limit = 60;
  out.measure = "PostgreSQL: commands of the bare batched rows";
  out.value = 100 * commands_per_s / bare_per_s;
  out.note = "a command against a row";
  to(out);
  out.measure = "PostgreSQL: rows of the bare batched rows";
  out.value *= durable_rides::rows_per_command;
  out.note = "a command is 4.2 rows, in 5 tables with 8 keys";
  to(out);
}

} // namespace

void measure_durable(const report& to, const effort& how,
                     const std::string& folder,
                     const std::string& postgres_url) {
  {
    auto sqlite = store::make_sqlite(folder);
    measure_store(to, "SQLite", *sqlite, how.seconds);
  }
  if (postgres_url.empty())
    return;
  store::postgres_options with;
  with.url = postgres_url;
  store::migrate_postgres(with);
  double bare = 0;
  {
    const bare_rows rows{postgres_url};
    say(to, "PostgreSQL: bare rows, 1 a commit", rows.run(1, 1, how.seconds));
    say(to, "PostgreSQL: bare rows, 1 a commit, 16 connections",
        rows.run(1, 16, how.seconds));
    auto x = rows.run(durable_rides::batch_max, 1, how.seconds);
    say(to, "PostgreSQL: bare rows, 256 a commit", x);
    bare = x.per_s;
  }
  auto postgres = store::make_postgres(with);
  auto best = measure_store(to, "PostgreSQL", *postgres, how.seconds);
  const bare_rows rows{postgres_url};
  auto again = rows.run(durable_rides::batch_max, 1, how.seconds);
  say_share(to, best, std::max(bare, again.per_s));
}

} // namespace hansom::bench
