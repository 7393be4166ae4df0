#include "cluster/config/property_kinds.hpp"
#include "cluster/config/property_lists.hpp"

namespace hansom::config {

using namespace std::chrono_literals;

namespace {

constexpr milliseconds day = 24h;
constexpr milliseconds hundred_years = day * 36'500;

} // namespace

void retention_properties(std::vector<property>& out) {
  out.insert(
    out.end(),
    {duration("retention.trip_history_after", AT(retention.trip_history_after),
              1h, day * 365,
              "A trip that ended so long ago leaves the states for the "
              "history, where it is still found."),
     duration("retention.journal", AT(retention.journal), 0ms, hundred_years,
              "Events older than this are dropped, in PostgreSQL by whole days "
              "(UTC); 0s keeps them for ever. At least a day."),
     duration("retention.commands", AT(retention.commands), day, day * 365,
              "A command said again within this takes effect once."),
     duration("retention.exact_positions", AT(retention.exact_positions), 0ms,
              hundred_years,
              "Pickups and drop-offs of trips asked for longer ago are cut to "
              "three decimals of a degree (about 110 m); 0s never does. At "
              "least two days."),
     duration("retention.pass_every", AT(retention.pass_every), 1s, day,
              "The store is put in order so often."),
     integer("retention.step_rows", AT(retention.step_rows), 1, 10'000,
             "Rows that one transaction of it touches at most.")});
}

} // namespace hansom::config
