#include "cluster/program/exit_codes.hpp"
#include "cluster/program/stream_options.hpp"
#include "cluster/redis/redis_services.hpp"
#include "persistence/redis/stream_reader.hpp"
#include "protocol/json/writer.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>

namespace hansom {

CLI::App* add_stream_tail(CLI::App& root, stream_tail_options& x) {
  auto* stream = root.add_subcommand("stream", "The events of all shards");
  stream->require_subcommand(1);
  auto* tail = stream->add_subcommand(
    "tail", "Print events, each at least once per group, and acknowledge "
            "them.\n  hansom stream tail --redis redis://127.0.0.1:6379 "
            "--group billing");
  tail->add_option("--redis", x.redis,
                   "redis://host:port or unix:///path; else the setting "
                   "redis.url");
  tail
    ->add_option("--group", x.group,
                 "Consumers of one group share its events among them")
    ->required();
  tail->add_option("--consumer", x.consumer,
                   "Name within the group; the same name gets again what it "
                   "had not acknowledged");
  tail
    ->add_option("--from", x.from,
                 "Where a new group begins: 0 for all there is, the number of "
                 "an event (the ones after it, of each shard), or now")
    ->capture_default_str();
  tail->add_option("--limit", x.limit, "End after so many events");
  tail->add_option("--idle", x.idle_s,
                   "End when nothing has come for so many seconds");
  tail->add_flag("--json", x.json, "One JSON object a line");
  return tail;
}

namespace verbs {

namespace {

using steady = std::chrono::steady_clock;
constexpr milliseconds connect_within{2000};
constexpr milliseconds look_every{500};
constexpr milliseconds pause{500};

volatile std::sig_atomic_t interrupted = 0;

void print_json(std::string& out, const redis::stream_event& x) {
  out += "{\"shard\":";
  json::append(out, x.shard);
  out += ",\"shard_seq\":";
  json::append(out, x.shard_seq);
  out += ",\"entity\":";
  json::append(out, x.entity);
  out += ",\"seq\":";
  json::append(out, x.seq);
  out += ",\"kind\":";
  json::append(out, x.kind);
  out += ",\"at\":";
  json::append(out, x.at.ms);
  out += ",\"epoch\":";
  json::append(out, x.epoch);
  if (!x.command.empty()) {
    out += ",\"client\":";
    json::append(out, x.client);
    out += ",\"command\":";
    json::append(out, x.command);
  }
  out += ",\"payload\":" + (x.payload.empty() ? "null" : x.payload) + "}\n";
}

void print_text(std::string& out, const redis::stream_event& x) {
  out += std::to_string(x.shard) + '/' + std::to_string(x.shard_seq) + "  "
         + std::to_string(x.at.ms) + "  " + x.kind + "  " + x.entity + '#'
         + std::to_string(x.seq) + "  " + x.payload + '\n';
}

bool is_number(const std::string& x) {
  return !x.empty() && x.size() < 20
         && std::all_of(x.begin(), x.end(),
                        [](char c) { return c >= '0' && c <= '9'; });
}

std::string default_consumer() {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  return std::string{host} + '-' + std::to_string(::getpid());
}

/// The loop of `hansom stream tail`: read, print, and only then acknowledge.
class tail {
public:
  tail(const stream_tail_options& with, redis::link& from,
       redis::stream_reader::options options)
    : with_{with}, link_{from}, reader_{from, std::move(options)} {
  }

  int run() {
    if (auto why = reader_.join(); !why.empty()) {
      std::cerr << "hansom: " << link_.describe() << " refused: " << why
                << '\n';
      return exit_failed;
    }
    heard_at_ = steady::now();
    while (interrupted == 0) {
      auto got = reader_.read(look_every);
      for (auto& notice : got.notices)
        std::cerr << "hansom: " << notice << '\n';
      if (!tell_whether_lost(got.lost))
        continue;
      if (!got.events.empty() && !print(got.events))
        return exit_failed;
      if (with_.limit != 0 && printed_ >= with_.limit)
        return exit_done;
      auto idle = std::chrono::duration<double>(steady::now() - heard_at_);
      if (with_.idle_s > 0 && idle.count() >= with_.idle_s)
        return exit_done;
    }
    return exit_interrupted;
  }

private:
  bool tell_whether_lost(const std::string& why) {
    if (why.empty()) {
      if (std::exchange(lost_, false))
        std::cerr << "hansom: " << link_.describe() << " is back\n";
      return true;
    }
    if (!std::exchange(lost_, true))
      std::cerr << "hansom: " << link_.describe() << ": " << why
                << "; waiting for it\n";
    ::usleep(1000 * static_cast<useconds_t>(pause.count()));
    return false;
  }

  bool print(std::vector<redis::stream_event>& events) {
    // What is over the limit stays with the group.
    if (with_.limit != 0)
      events.resize(
        std::min<std::size_t>(events.size(), with_.limit - printed_));
    std::string out;
    for (auto& x : events)
      with_.json ? print_json(out, x) : print_text(out, x);
    std::cout << out << std::flush;
    if (!std::cout) {
      std::cerr << "hansom: cannot write the events down; they stay with the "
                   "group\n";
      return false;
    }
    printed_ += events.size();
    heard_at_ = steady::now();
    reader_.acknowledge(events);
    return true;
  }

  const stream_tail_options& with_;
  redis::link& link_;
  redis::stream_reader reader_;
  std::uint64_t printed_ = 0;
  steady::time_point heard_at_;
  bool lost_ = false;
};

int usage(const std::string& text) {
  std::cerr << "hansom: " << text << '\n';
  return exit_usage;
}

} // namespace

int stream_tail(const stream_tail_options& with, const config_sources& from) {
  settings loaded;
  auto errors = load_settings(from, loaded);
  for (auto& e : errors)
    std::cerr << e << '\n';
  if (!errors.empty())
    return exit_usage;
  if (!with.redis.empty())
    loaded.redis.url = with.redis;
  if (loaded.redis.url.empty())
    return usage("where is Redis? --redis redis://127.0.0.1:6379, or set "
                 "redis.url");
  if (with.from != "now" && !is_number(with.from))
    return usage("--from: expected now, 0 or the number of an event, found \""
                 + with.from + '"');
  if (with.group.empty())
    return usage("--group: a name is expected");
  redis::stream_reader::options options;
  options.prefix = loaded.redis.prefix;
  options.group = with.group;
  options.consumer = with.consumer.empty() ? default_consumer() : with.consumer;
  options.from = with.from == "now" ? "$" : with.from;
  redis::link_config where;
  try {
    where = redis_link(loaded.redis, "hansom-tail-" + with.group);
  } catch (const std::exception& e) {
    return usage(e.what());
  }
  spdlog::set_level(spdlog::level::off); // Standard output is the events'.
  redis::link link{where};
  link.start();
  if (!link.wait_connected(connect_within)) {
    std::cerr << "hansom: no Redis: " << link.health().why << '\n';
    return exit_no_answer;
  }
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  return tail{with, link, std::move(options)}.run();
}

} // namespace verbs

} // namespace hansom
