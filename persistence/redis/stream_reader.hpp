#pragma once

#include "persistence/redis/link.hpp"
#include "protocol/ids.hpp"

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace hansom::redis {

/// One event as consumers get it.
struct stream_event {
  shard_id shard = 0;
  std::uint64_t shard_seq = 0;
  std::string entity; ///< "trip/00a1...".
  std::uint64_t seq = 0;
  std::string kind;
  timestamp at;
  std::uint64_t epoch = 0;
  std::string payload; ///< JSON.
  std::string client;  ///< Who caused it: "rider/7"; empty: nobody.
  std::string command;
};

/// Reads all shards' streams as one member of a consumer group: every event at
/// least once per group, each passed on once by this reader. For a thread that
/// may block.
class stream_reader {
public:
  struct options {
    std::string prefix = "hansom";
    std::string group;
    std::string consumer;
    /// Where a new group begins: an event number, 0 for all there is, or "$".
    std::string from = "0";
    std::size_t batch = 100; ///< Per shard and read.
    /// Events that another consumer has taken and not acknowledged for so long
    /// are taken over.
    milliseconds claim_after{30'000};
    milliseconds claim_every{5'000};
  };

  /// Read events and what there is to tell about them.
  struct batch {
    std::vector<stream_event> events;
    std::vector<std::string> notices; ///< Sentences for people.
    std::string lost; ///< Why nothing could be read; empty otherwise.
  };

  /// @param from must outlive the reader.
  stream_reader(link& from, options with);

  /// Joins the group on all streams, creating what is missing.
  /// @returns an empty text, or why that was not possible.
  std::string join();

  /// @returns what has come, waiting up to `within` for the first.
  batch read(milliseconds within);

  /// Tells Redis that these are done with. What is not acknowledged comes again
  /// after a restart.
  /// @returns whether Redis has heard.
  bool acknowledge(const std::vector<stream_event>& xs);

  [[nodiscard]] std::uint64_t duplicates() const noexcept {
    return duplicates_;
  }

private:
  /// Numbers that were passed on; older ones than these are not remembered.
  static constexpr std::size_t remembered_max = 8192;

  struct shard_memory {
    std::set<std::uint64_t> passed_on;
    std::uint64_t newest = 0; ///< That came as new.
  };
  using shard_and_id = std::pair<shard_id, std::string>;

  void read_group(const std::string& from, milliseconds within, batch& out);
  void claim(batch& out);
  void take(shard_id shard, const reply& entries, bool fresh, batch& out);
  void rejoin(batch& out);
  bool acknowledge_ids(const std::vector<shard_and_id>& xs);

  link& link_;
  options options_;
  std::map<std::string, shard_id> shards_; ///< By key.
  std::vector<shard_memory> memory_;
  std::vector<shard_and_id> empty_; ///< Trimmed away before they were read.
  bool pending_read_ = false;
  std::chrono::steady_clock::time_point claim_at_;
  std::uint64_t generation_ = 0;
  std::uint64_t duplicates_ = 0;
  std::uint64_t went_back_ = 0; ///< Streams, in one read.
};

} // namespace hansom::redis
