#include "cluster/config/property_kinds.hpp"
#include "cluster/config/property_lists.hpp"

namespace hansom::config {

using namespace std::chrono_literals;

void store_properties(std::vector<property>& out) {
  out.insert(
    out.end(),
    {choice(
       "store.engine", AT(store.engine), "sqlite or postgresql",
       [](store_engine x) {
         return std::string{x == store_engine::sqlite ? "sqlite"
                                                      : "postgresql"};
       },
       [](const std::string& x, store_engine& y) {
         if (x != "sqlite" && x != "postgresql")
           return false;
         y = x == "sqlite" ? store_engine::sqlite : store_engine::postgresql;
         return true;
       },
       "What remembers: embedded in the data folder, or a server."),
     text("store.postgres_url_file", AT(store.postgres_url_file), "a file",
          "Its first line is PostgreSQL's connection string; the environment's "
          "HANSOM_POSTGRES_URL goes before it."),
     flag("store.migrate_at_start", AT(store.migrate_at_start),
          "Applies PostgreSQL migrations at the start, for private databases; "
          "else hansom db migrate does, as the owner."),
     integer("journal.batch_max", AT(journal.batch_max), 1, 100'000,
             "Writes in one commit at most."),
     integer("journal.queue_max", AT(journal.queue_max), 16, 10'000'000,
             "Writes that may wait; beyond it commands are told to retry."),
     integer("journal.outage_queue_max", AT(journal.outage_queue_max), 0,
             10'000'000,
             "The same while the store is gone; beyond it commands are told to "
             "retry at once."),
     duration("journal.outage_wait", AT(journal.outage_wait), 0ms, 1min,
              "A write waits so long for a store that is gone, then its "
              "command is told to retry.")});
}

} // namespace hansom::config
