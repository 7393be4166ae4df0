#pragma once

#include "persistence/postgres/postgres.hpp"
#include "persistence/store.hpp"
#include "tests/unit/persistence/postgres_server.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

/// What every store must pass. A backend is a type with `make()`, which returns
/// a factory over an empty store, and `reopen()`, which ends that factory and
/// opens the same data again (or null where nothing outlives the factory).
namespace hansom::store::testing {

/// A folder under /tmp that goes away with the object.
class temporary_folder {
public:
  temporary_folder() {
    std::string name = std::filesystem::temp_directory_path() / "hansom-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  [[nodiscard]] const std::string& path() const noexcept {
    return path_;
  }

private:
  std::string path_;
};

struct on_disk {
  temporary_folder folder;
  std::unique_ptr<factory> connections;

  factory& make() {
    connections = make_sqlite(folder.path() + "/data");
    return *connections;
  }
  factory* reopen() {
    connections.reset();
    return &make();
  }
};

struct in_memory {
  std::unique_ptr<factory> connections;

  factory& make() {
    connections = make_sqlite_in_memory();
    return *connections;
  }
  factory* reopen() {
    return nullptr;
  }
};

/// As a running node: its role may neither drop nor alter.
struct on_postgres {
  std::unique_ptr<factory> connections;

  factory& make() {
    postgres_server::instance().forget_everything();
    return open_again();
  }
  factory* reopen() {
    connections.reset();
    return &open_again();
  }

private:
  factory& open_again() {
    postgres_options with;
    with.url = postgres_server::instance().node_url();
    connections = make_postgres(with);
    return *connections;
  }
};

/// All that a new backend has to join.
#define ALL_STORES in_memory, on_disk, on_postgres

inline trip_id trip(std::uint64_t n, shard_id shard = 3) {
  return make_trip_id(shard, 1'700'000'000, 1, static_cast<std::uint32_t>(n));
}

/// A write of one event to the trip, at the given sequence number.
inline write step(trip_id x, std::uint64_t seq, epoch at_epoch = 1) {
  write out;
  out.entity = x;
  out.shard = shard_of(x);
  out.claimed_epoch = at_epoch;
  out.first_seq = seq;
  out.at = {1'700'000'000'000 + static_cast<std::int64_t>(seq)};
  out.events = {{"event_" + std::to_string(seq), "{\"n\":1}"}};
  out.state = "{\"rev\":" + std::to_string(seq) + "}";
  return out;
}

inline write with_take(write x, claim_kind kind, std::uint64_t key) {
  x.take.push_back({kind, key});
  return x;
}

inline write with_release(write x, claim_kind kind, std::uint64_t key) {
  x.release.push_back({kind, key});
  return x;
}

inline write with_command(write x, entity_ref client, std::string id) {
  x.command = command_key{client, std::move(id)};
  return x;
}

inline write with_transfer(write x, std::string key, std::int64_t minor,
                           std::string debit = "rider/1",
                           std::string credit = "driver/1") {
  x.transfers.push_back(
    {std::move(key), std::move(debit), std::move(credit), {minor, {}}});
  return x;
}

inline std::vector<outcome> outcomes(connection& c,
                                     const std::vector<write>& batch) {
  std::vector<outcome> out;
  for (auto& x : c.commit(batch))
    out.push_back(x.what);
  return out;
}

inline outcome outcome_of(connection& c, const write& x) {
  return c.commit({x}).at(0).what;
}

} // namespace hansom::store::testing

namespace doctest {

template <>
struct StringMaker<hansom::store::outcome> {
  static String convert(hansom::store::outcome x) {
    return hansom::store::to_string(x).c_str();
  }
};

template <>
struct StringMaker<std::vector<hansom::store::outcome>> {
  static String convert(const std::vector<hansom::store::outcome>& xs) {
    std::string out;
    for (auto x : xs)
      out += hansom::store::to_string(x) + " ";
    return out.c_str();
  }
};

} // namespace doctest
