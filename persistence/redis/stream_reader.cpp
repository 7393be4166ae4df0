#include "persistence/redis/stream_reader.hpp"

#include "persistence/redis/stream_sink.hpp"

#include <charconv>
#include <utility>

namespace hansom::redis {

namespace {

template <class T>
void read_number(std::string_view text, T& out) {
  std::from_chars(text.data(), text.data() + text.size(), out);
}

/// @param fields names and values in turn.
stream_event event_of(shard_id shard, std::string_view id,
                      const std::vector<reply>& fields) {
  stream_event x;
  x.shard = shard;
  read_number(id, x.shard_seq);
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    auto& name = fields[i].text;
    auto& value = fields[i + 1].text;
    if (name == "entity")
      x.entity = value;
    else if (name == "seq")
      read_number(value, x.seq);
    else if (name == "kind")
      x.kind = value;
    else if (name == "at")
      read_number(value, x.at.ms);
    else if (name == "epoch")
      read_number(value, x.epoch);
    else if (name == "payload")
      x.payload = value;
    else if (name == "client")
      x.client = value;
    else if (name == "command")
      x.command = value;
  }
  return x;
}

} // namespace

stream_reader::stream_reader(link& from, options with)
  : link_{from}, options_{std::move(with)}, memory_(shard_count) {
  for (unsigned i = 0; i < shard_count; ++i) {
    auto shard = static_cast<shard_id>(i);
    shards_.emplace(stream_key(options_.prefix, shard), shard);
  }
}

std::string stream_reader::join() {
  std::vector<command> asked;
  asked.reserve(shards_.size());
  for (auto& [key, shard] : shards_)
    asked.push_back(command{"XGROUP", "CREATE", key, options_.group,
                            options_.from, "MKSTREAM"});
  generation_ = link_.generation();
  for (auto& x : link_.call(asked, patience))
    if (!x.ok() && !x.text.starts_with("BUSYGROUP"))
      return x.text;
  return {};
}

stream_reader::batch stream_reader::read(milliseconds within) {
  batch out;
  acknowledge_ids(std::exchange(empty_, {}));
  if (link_.generation() != generation_) {
    generation_ = link_.generation();
    pending_read_ = false; // What we were given before may not have arrived.
    rejoin(out);
  }
  if (!pending_read_) {
    // What this consumer took before it ended and did not acknowledge.
    read_group("0", milliseconds{0}, out);
    pending_read_ = out.lost.empty() && out.events.empty() && empty_.empty();
    if (!out.lost.empty() || !out.events.empty())
      return out;
  }
  claim(out);
  if (out.events.empty() && out.lost.empty())
    read_group(">", within, out);
  return out;
}

void stream_reader::read_group(const std::string& from, milliseconds within,
                               batch& out) {
  command x{"XREADGROUP",      "GROUP", options_.group,
            options_.consumer, "COUNT", std::to_string(options_.batch)};
  if (within.count() > 0)
    x.add("BLOCK").add(std::to_string(within.count()));
  x.add("STREAMS");
  for (auto& [key, shard] : shards_)
    x.add(key);
  for (std::size_t i = 0; i < shards_.size(); ++i)
    x.add(from);
  auto answer = link_.call(x, within + patience);
  if (answer.text.starts_with("NOGROUP")
      || answer.text.starts_with("UNBLOCKED")) {
    out.notices.push_back("the streams have been emptied (Redis was flushed or "
                          "restarted); reading what is published again");
    return rejoin(out);
  }
  if (!answer.ok()) {
    out.lost = answer.text;
    return;
  }
  went_back_ = 0;
  for (auto& stream : answer.items)
    if (stream.items.size() == 2)
      if (auto found = shards_.find(stream.items[0].text);
          found != shards_.end())
        take(found->second, stream.items[1], from == ">", out);
  if (went_back_ != 0)
    out.notices.push_back(std::to_string(went_back_)
                          + " streams went back to earlier events; those that "
                            "were delivered are left out");
}

/// After a flush there is no group and no memory of what we have acknowledged:
/// from the beginning, and what we know already is left out.
void stream_reader::rejoin(batch& out) {
  for (auto& x : memory_)
    x.newest = 0;
  auto from = std::exchange(options_.from, "0");
  out.lost = join();
  // A consumer that waits for news alone does so only until its group exists.
  if (!out.lost.empty())
    options_.from = from;
}

void stream_reader::claim(batch& out) {
  auto now = std::chrono::steady_clock::now();
  if (now < claim_at_)
    return;
  claim_at_ = now + options_.claim_every;
  std::vector<command> asked;
  std::vector<shard_id> order;
  for (auto& [key, shard] : shards_) {
    asked.push_back(command{"XAUTOCLAIM", key, options_.group,
                            options_.consumer,
                            std::to_string(options_.claim_after.count()), "0-0",
                            "COUNT", std::to_string(options_.batch)});
    order.push_back(shard);
  }
  auto answers = link_.call(asked, patience);
  for (std::size_t i = 0; i < answers.size(); ++i)
    if (answers[i].ok() && answers[i].items.size() >= 2)
      take(order[i], answers[i].items[1], false, out);
}

void stream_reader::take(shard_id shard, const reply& entries, bool fresh,
                         batch& out) {
  auto& memory = memory_[shard];
  for (auto& entry : entries.items) {
    if (entry.items.size() != 2)
      continue;
    auto& id = entry.items[0].text;
    if (entry.items[1].what != reply::kind::list) {
      // Trimmed while somebody held it.
      empty_.emplace_back(shard, id);
      out.notices.push_back("shard " + std::to_string(shard) + ", event " + id
                            + ": taken out of the stream before it was "
                              "acknowledged; the journal has it");
      continue;
    }
    auto event = event_of(shard, id, entry.items[1].items);
    if (fresh && event.shard_seq <= memory.newest) {
      ++went_back_;
      memory.newest = 0;
    }
    if (fresh)
      memory.newest = std::max(memory.newest, event.shard_seq);
    auto known = !memory.passed_on.empty()
                 && memory.passed_on.size() >= remembered_max
                 && event.shard_seq < *memory.passed_on.begin();
    if (known || !memory.passed_on.insert(event.shard_seq).second) {
      ++duplicates_;
      empty_.emplace_back(shard, id);
      continue;
    }
    if (memory.passed_on.size() > remembered_max)
      memory.passed_on.erase(memory.passed_on.begin());
    out.events.push_back(std::move(event));
  }
}

bool stream_reader::acknowledge(const std::vector<stream_event>& xs) {
  std::vector<shard_and_id> ids;
  ids.reserve(xs.size());
  for (auto& x : xs)
    ids.emplace_back(x.shard, std::to_string(x.shard_seq) + "-0");
  return acknowledge_ids(ids);
}

bool stream_reader::acknowledge_ids(const std::vector<shard_and_id>& xs) {
  std::map<shard_id, command> asked;
  for (auto& [shard, id] : xs) {
    auto found = asked.find(shard);
    if (found == asked.end())
      found =
        asked
          .emplace(shard, command{"XACK", stream_key(options_.prefix, shard),
                                  options_.group})
          .first;
    found->second.add(id);
  }
  std::vector<command> all;
  all.reserve(asked.size());
  for (auto& [shard, x] : asked)
    all.push_back(std::move(x));
  auto fine = true;
  for (auto& x : link_.call(all, patience))
    fine = fine && x.ok();
  return fine;
}

} // namespace hansom::redis
