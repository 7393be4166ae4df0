#include "persistence/redis/stream_sink.hpp"

#include <spdlog/spdlog.h>

#include <charconv>

namespace hansom::redis {

namespace {

constexpr std::size_t fields = 18; ///< Names and values of one event.

/// Appends events if the stream ends where the relay believes it does. Looking
/// and writing must be one step: a stream that was emptied in between would
/// take the newest events and then refuse all earlier ones.
/// KEYS: stream. ARGV: last number, length, fields per event, then per event
/// its number and its fields.
constexpr std::string_view publish_script = R"lua(
local tail = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local last = #tail == 0 and '0' or string.match(tail[1][1], '^%d+')
if last ~= ARGV[1] then return last end
local n = tonumber(ARGV[3])
for i = 4, #ARGV, n + 1 do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], ARGV[i] .. '-0',
    unpack(ARGV, i + 1, i + n))
end
return 1
)lua";

std::uint64_t number_before_dash(std::string_view id) {
  std::uint64_t out = 0;
  std::from_chars(id.data(), id.data() + id.size(), out);
  return out;
}

class stream_sink final : public event_sink {
public:
  stream_sink(link& to, const config& with)
    : link_{to}, prefix_{with.prefix}, length_{with.stream_length} {
  }

  std::optional<std::vector<std::uint64_t>>
  last(const std::vector<shard_id>& shards) override {
    std::vector<command> asked;
    asked.reserve(shards.size());
    for (auto shard : shards)
      asked.push_back(command{"XREVRANGE", stream_key(prefix_, shard), "+", "-",
                              "COUNT", "1"});
    std::vector<std::uint64_t> out;
    for (auto& x : link_.call(asked, patience)) {
      if (x.what != reply::kind::list)
        return std::nullopt;
      out.push_back(x.items.empty() || x.items[0].items.empty()
                      ? 0
                      : number_before_dash(x.items[0].items[0].text));
    }
    return out;
  }

  outcome publish(shard_id shard, std::uint64_t after,
                  const std::vector<store::journal_row>& rows) override {
    command x{"EVAL", publish_script, "1", stream_key(prefix_, shard)};
    x.add(std::to_string(after))
      .add(static_cast<std::int64_t>(length_))
      .add(static_cast<std::int64_t>(fields));
    for (auto& row : rows)
      add(x, row);
    auto answer = link_.call(x, patience);
    if (answer.what == reply::kind::number)
      return outcome::published;
    if (answer.what == reply::kind::text)
      return outcome::moved;
    if (answer.what == reply::kind::error)
      spdlog::warn("redis: stream of shard {}: {}", shard, answer.text);
    return outcome::away;
  }

  std::uint64_t generation() const override {
    return link_.generation();
  }

  std::string describe() const override {
    return link_.describe() + ", streams " + prefix_ + ":events:*";
  }

private:
  static void add(command& x, const store::journal_row& row) {
    auto number = [](auto n) { return std::to_string(n); };
    x.add(number(row.shard_seq));
    x.add("entity").add(to_string(row.entity));
    x.add("seq").add(number(row.seq));
    x.add("kind").add(row.kind);
    x.add("at").add(number(row.at.ms));
    x.add("epoch").add(number(row.written_epoch));
    x.add("payload").add(row.payload);
    x.add("client").add(row.command ? to_string(row.command->client) : "");
    x.add("command").add(row.command ? row.command->id : "");
    x.add("v").add("1");
  }

  link& link_;
  std::string prefix_;
  std::uint32_t length_;
};

} // namespace

std::string stream_key(const std::string& prefix, shard_id shard) {
  return prefix + ":events:" + std::to_string(shard);
}

std::unique_ptr<event_sink> make_stream_sink(link& to, const config& with) {
  return std::make_unique<stream_sink>(to, with);
}

} // namespace hansom::redis
