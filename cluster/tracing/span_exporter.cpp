#include "cluster/tracing/span_exporter.hpp"

#include "cluster/tracing/otlp_json.hpp"
#include "gateway/metrics/metric_families.hpp"

#include <curl/curl.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace hansom {

namespace {

using namespace std::chrono_literals;

std::size_t ignore_body(char*, std::size_t size, std::size_t n, void*) {
  return size * n;
}

/// Keeps the seconds of a Retry-After header.
std::size_t read_header(char* data, std::size_t size, std::size_t n,
                        void* seconds) {
  std::string line{data, size * n};
  std::transform(line.begin(), line.end(), line.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  constexpr std::string_view name = "retry-after:";
  if (line.starts_with(name))
    *static_cast<long*>(seconds) = std::atol(line.c_str() + name.size());
  return size * n;
}

std::vector<std::string> read_headers(const std::string& file) {
  std::vector<std::string> out{"Content-Type: application/json", "Expect:"};
  if (file.empty())
    return out;
  std::ifstream in{file};
  if (!in)
    throw std::runtime_error{"tracing.headers_file: cannot read " + file};
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line.front() == '#')
      continue;
    auto colon = line.find(':');
    if (colon == std::string::npos || colon == 0)
      throw std::runtime_error{file + ":" + std::to_string(number)
                               + ": expected \"Name: value\""};
    out.push_back(std::move(line));
  }
  return out;
}

} // namespace

span_exporter::span_exporter(tracing_settings with, std::string node)
  : span_exporter{std::move(with), std::move(node), patience{}} {
}

span_exporter::span_exporter(tracing_settings with, std::string node,
                             patience waits)
  : with_{std::move(with)}, waits_{waits}, node_{std::move(node)},
    headers_{read_headers(with_.headers_file)}, wire_{curl_multi_init()} {
  thread_ = std::thread{[this] { run(); }};
}

span_exporter::~span_exporter() {
  {
    std::lock_guard hold{mutex_};
    ending_ = true;
    end_at_ = std::chrono::steady_clock::now() + waits_.end;
  }
  news_.notify_all();
  curl_multi_wakeup(wire_); // A request under way has less time now.
  thread_.join();
  curl_multi_cleanup(wire_);
}

void span_exporter::take(finished_span x) {
  std::lock_guard hold{mutex_};
  if (ending_ || queue_.size() >= with_.queue_max) {
    figures_.dropped_full.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  queue_.push_back(std::move(x));
  figures_.queued.store(queue_.size(), std::memory_order_relaxed);
  if (queue_.size() == batch_max)
    news_.notify_one();
}

std::vector<finished_span> span_exporter::next_batch() {
  std::unique_lock hold{mutex_};
  news_.wait_for(hold, with_.flush_every,
                 [this] { return ending_ || queue_.size() >= batch_max; });
  auto n = static_cast<std::ptrdiff_t>(std::min(queue_.size(), batch_max));
  std::vector<finished_span> out{std::make_move_iterator(queue_.begin()),
                                 std::make_move_iterator(queue_.begin() + n)};
  queue_.erase(queue_.begin(), queue_.begin() + n);
  figures_.queued.store(queue_.size(), std::memory_order_relaxed);
  return out;
}

void span_exporter::run() {
  curl_ = curl_easy_init();
  for (;;) {
    auto batch = next_batch();
    if (!batch.empty() && !deliver(batch))
      figures_.dropped_end.fetch_add(batch.size(), std::memory_order_relaxed);
    std::lock_guard hold{mutex_};
    if (ending_ && queue_.empty())
      break;
    if (ending_ && std::chrono::steady_clock::now() >= end_at_) {
      figures_.dropped_end.fetch_add(queue_.size(), std::memory_order_relaxed);
      break;
    }
  }
  curl_easy_cleanup(curl_);
}

/// @returns `false` when the end came first.
bool span_exporter::deliver(const std::vector<finished_span>& batch) {
  auto body = to_otlp_json(batch, node_, HANSOM_VERSION);
  auto wait = pause_first;
  for (;;) {
    auto said = post(body);
    if (said.how == verdict::taken) {
      figures_.exported.fetch_add(batch.size(), std::memory_order_relaxed);
      complaint_.clear();
      return true;
    }
    figures_.failures.fetch_add(1, std::memory_order_relaxed);
    if (said.how == verdict::refused) {
      figures_.dropped_refused.fetch_add(batch.size(),
                                         std::memory_order_relaxed);
      return true;
    }
    if (!pause(std::min(std::max(wait, said.wait), pause_max)))
      return false;
    wait = std::min(wait * 2, pause_max);
  }
}

/// @returns `false` when the end has come.
bool span_exporter::pause(std::chrono::milliseconds x) {
  std::unique_lock hold{mutex_};
  return !news_.wait_for(hold, x, [this] { return ending_; });
}

span_exporter::answer span_exporter::post(const std::string& body) {
  auto* curl = static_cast<CURL*>(curl_);
  curl_slist* headers = nullptr;
  for (auto& x : headers_)
    headers = curl_slist_append(headers, x.c_str());
  long retry_after = 0, status = 0;
  curl_easy_setopt(curl, CURLOPT_URL, with_.endpoint.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore_body);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, read_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &retry_after);
  auto outcome = static_cast<CURLcode>(perform());
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_slist_free_all(headers);
  if (outcome != CURLE_OK) {
    complain(curl_easy_strerror(outcome));
    return {};
  }
  if (status / 100 == 2)
    return {verdict::taken, {}};
  complain("it answered " + std::to_string(status));
  // What OTLP calls retryable; anything else would be refused again.
  auto again = status == 429 || status == 502 || status == 503 || status == 504;
  return {again ? verdict::later : verdict::refused,
          std::chrono::seconds{std::clamp(retry_after, 0L, 30L)}};
}

/// What a request that was begun then may still take.
std::chrono::milliseconds
span_exporter::left(std::chrono::steady_clock::time_point begun) {
  auto until = begun + waits_.answer;
  {
    std::lock_guard hold{mutex_};
    if (ending_)
      until = std::min(until, end_at_);
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(
    until - std::chrono::steady_clock::now());
}

/// @returns a CURLcode.
int span_exporter::perform() {
  curl_multi_add_handle(wire_, curl_);
  auto begun = std::chrono::steady_clock::now();
  auto outcome = CURLE_OPERATION_TIMEDOUT;
  int running = 1;
  for (;;) {
    if (curl_multi_perform(wire_, &running) != CURLM_OK)
      break;
    int more = 0;
    if (running == 0) {
      if (auto* done = curl_multi_info_read(wire_, &more))
        outcome = done->data.result;
      break;
    }
    auto wait = left(begun);
    if (wait <= 0ms)
      break;
    curl_multi_poll(wire_, nullptr, 0, static_cast<int>(wait.count()), nullptr);
  }
  curl_multi_remove_handle(wire_, curl_);
  return outcome;
}

void span_exporter::complain(const std::string& why) {
  if (why == complaint_)
    return;
  complaint_ = why;
  spdlog::warn("tracing: the collector does not take spans: {}", why);
}

namespace {

using metric::add;

class collector final : public prometheus::Collectable {
public:
  explicit collector(const span_exporter& from) : from_{from} {
  }

  [[nodiscard]] metric::families Collect() const override {
    auto& x = from_.numbers();
    metric::families out;
    add(metric::counters(out, "hansom_tracing_spans_exported_total",
                         "Spans that the collector has taken."),
        x.exported);
    auto& drops = metric::counters(out, "hansom_tracing_spans_dropped_total",
                                   "Spans that went nowhere, by reason.");
    add(drops, x.dropped_full, {{"reason", "queue_full"}});
    add(drops, x.dropped_refused, {{"reason", "refused"}});
    add(drops, x.dropped_end, {{"reason", "node_stopping"}});
    add(metric::counters(out, "hansom_tracing_export_failures_total",
                         "Requests to the collector that failed."),
        x.failures);
    add(metric::gauges(out, "hansom_tracing_queue_spans",
                       "Spans that wait for the collector."),
        x.queued);
    return out;
  }

private:
  const span_exporter& from_;
};

} // namespace

std::shared_ptr<prometheus::Collectable>
make_tracing_collector(const span_exporter& from) {
  return std::make_shared<collector>(from);
}

} // namespace hansom
