#include "cluster/node/open_store.hpp"

#include <spdlog/spdlog.h>

#include <cstdlib>
#include <fstream>

namespace hansom {

store::postgres_options postgres_of(const settings& x) {
  store::postgres_options out;
  if (auto* url = std::getenv("HANSOM_POSTGRES_URL"); url && *url) {
    out.url = url;
    return out;
  }
  auto& file = x.store.postgres_url_file;
  if (file.empty())
    throw std::runtime_error{
      "store.engine is postgresql, but nothing says where it is: put the "
      "connection string (postgresql://user:password@host/database) into the "
      "environment as HANSOM_POSTGRES_URL, or into a file named by "
      "store.postgres_url_file"};
  std::ifstream in{file};
  if (!std::getline(in, out.url) || out.url.empty())
    throw std::runtime_error{"store.postgres_url_file: " + file
                             + " cannot be read or its first line is empty; "
                               "expected a connection string"};
  return out;
}

void migrate_store(const settings& x) {
  if (x.store.engine != store_engine::postgresql || !x.store.migrate_at_start)
    return;
  for (auto& done : store::migrate_postgres(postgres_of(x)))
    spdlog::info("store: applied migration {} ({})", done.number, done.name);
}

std::shared_ptr<store::factory> open_store(const settings& x) {
  if (x.store.engine == store_engine::sqlite)
    return store::make_sqlite(x.node.data);
  migrate_store(x);
  return store::make_postgres(postgres_of(x));
}

std::shared_ptr<store::factory> open_store_read_only(const settings& x) {
  if (x.store.engine == store_engine::sqlite)
    return store::make_sqlite(x.node.data, true);
  auto with = postgres_of(x);
  with.read_only = true;
  return store::make_postgres(std::move(with));
}

} // namespace hansom
