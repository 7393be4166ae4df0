#include "cluster/node/logging.hpp"

#include "cluster/node/log_limiter.hpp"
#include "gateway/metrics/metric_families.hpp"
#include "protocol/json/writer.hpp"
#include "protocol/log_context.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <ctime>
#include <deque>
#include <mutex>

namespace hansom {

namespace {

std::array<std::atomic<std::uint64_t>, spdlog::level::n_levels> lines;
std::atomic<std::uint64_t> lines_left_out{0};

/// How many lines of its kind the present thread's line stands for.
thread_local std::uint64_t left_out_before = 0;

/// "2026-05-04T17:59:00.123Z"
std::string time_text(spdlog::log_clock::time_point at) {
  using namespace std::chrono;
  auto ms = duration_cast<milliseconds>(at.time_since_epoch()).count();
  std::time_t seconds = ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  auto n = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  auto millis = std::to_string(1000 + ms % 1000).substr(1);
  return std::string{text.data(), n} + '.' + millis + 'Z';
}

std::string_view view(spdlog::string_view_t x) {
  return {x.data(), x.size()};
}

std::string json_line(const spdlog::details::log_msg& msg) {
  auto& at = current_log_context();
  std::string out = "{\"time\":\"" + time_text(msg.time) + "\",\"level\":";
  json::append(out, view(spdlog::level::to_string_view(msg.level)));
  out += ",\"thread\":" + std::to_string(msg.thread_id) + ",\"text\":";
  json::append(out, view(msg.payload));
  if (at.who.id != 0) {
    out += ",\"entity\":";
    json::append(out, to_string(at.who));
  }
  if (at.trace)
    out += ",\"trace_id\":\"" + trace_text(at.trace) + "\",\"span_id\":\""
           + span_text(at.trace.span) + '"';
  if (left_out_before != 0)
    out += ",\"suppressed\":" + std::to_string(left_out_before);
  return out + "}\n";
}

std::string text_line(const spdlog::details::log_msg& msg) {
  auto& at = current_log_context();
  auto out = time_text(msg.time) + ' '
             + std::string{view(spdlog::level::to_string_view(msg.level))} + ' '
             + std::string{view(msg.payload)};
  if (at.who.id != 0)
    out += " entity=" + to_string(at.who);
  if (at.trace)
    out += " trace=" + trace_text(at.trace);
  if (left_out_before != 0)
    out += " (and " + std::to_string(left_out_before) + " like it left out)";
  return out + '\n';
}

class line_formatter final : public spdlog::formatter {
public:
  explicit line_formatter(bool json) : json_{json} {
  }

  void format(const spdlog::details::log_msg& msg,
              spdlog::memory_buf_t& out) override {
    auto line = json_ ? json_line(msg) : text_line(msg);
    out.append(line.data(), line.data() + line.size());
  }

  [[nodiscard]] std::unique_ptr<formatter> clone() const override {
    return std::make_unique<line_formatter>(json_);
  }

private:
  bool json_;
};

constexpr std::size_t lines_kept = 2000;

/// The last lines, as they were written: whom a line is about is known on the
/// thread that logs it, and only then.
class keeping_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
  std::vector<std::string> last(std::size_t n) {
    std::lock_guard guard{mutex_};
    auto from = kept_.size() - std::min(n, kept_.size());
    return {kept_.begin() + static_cast<std::ptrdiff_t>(from), kept_.end()};
  }

protected:
  void sink_it_(const spdlog::details::log_msg& msg) override {
    spdlog::memory_buf_t line;
    formatter_->format(msg, line);
    if (kept_.size() == lines_kept)
      kept_.pop_front();
    auto text = view({line.data(), line.size()});
    kept_.emplace_back(text.substr(0, text.find_last_not_of('\n') + 1));
  }
  void flush_() override {
  }

private:
  std::deque<std::string> kept_;
};

/// Process-wide, as the log itself is.
const std::shared_ptr<keeping_sink>& kept_lines() {
  static const auto kept = std::make_shared<keeping_sink>();
  return kept;
}

/// Lets so many lines of each kind through to other sinks; critical ones all.
class limiting_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
  limiting_sink(const log_settings& with, std::vector<spdlog::sink_ptr> behind)
    : limits_{with.lines_per_second}, behind_{std::move(behind)} {
    for (auto& x : behind_)
      x->set_formatter(std::make_unique<line_formatter>(with.json));
  }

protected:
  void sink_it_(const spdlog::details::log_msg& msg) override {
    lines[static_cast<std::size_t>(msg.level)].fetch_add(
      1, std::memory_order_relaxed);
    std::optional<std::uint64_t> before = 0;
    if (msg.level != spdlog::level::critical)
      before = limits_.ask(view(msg.payload), std::chrono::steady_clock::now());
    if (!before) {
      lines_left_out.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    left_out_before = *before;
    for (auto& x : behind_)
      x->log(msg);
    left_out_before = 0;
  }

  void flush_() override {
    for (auto& x : behind_)
      x->flush();
  }

  void set_formatter_(std::unique_ptr<spdlog::formatter>) override {
    // Lines have one form; see the constructor.
  }

private:
  log_limiter limits_;
  std::vector<spdlog::sink_ptr> behind_;
};

using metric::add;

class log_collector final : public prometheus::Collectable {
public:
  [[nodiscard]] metric::families Collect() const override {
    metric::families out;
    auto& all = metric::counters(out, "hansom_log_lines_total",
                                 "Lines of the log, by level; also those that "
                                 "were left out.");
    for (auto level : {spdlog::level::info, spdlog::level::warn,
                       spdlog::level::err, spdlog::level::critical})
      add(all, lines[static_cast<std::size_t>(level)],
          {{"level", std::string{view(spdlog::level::to_string_view(level))}}});
    add(metric::counters(out, "hansom_log_suppressed_total",
                         "Lines left out, because many of their kind came."),
        lines_left_out);
    return out;
  }
};

} // namespace

spdlog::sink_ptr make_log_sink(const log_settings& with,
                               std::vector<spdlog::sink_ptr> behind) {
  return std::make_shared<limiting_sink>(with, std::move(behind));
}

void set_up_logging(const log_settings& with) {
  spdlog::set_level(spdlog::level::from_str(with.level));
  static const auto first = spdlog::default_logger()->sinks();
  auto behind = first;
  behind.push_back(kept_lines());
  spdlog::default_logger()->sinks() = {make_log_sink(with, std::move(behind))};
}

std::vector<std::string> last_log_lines(std::size_t n) {
  return kept_lines()->last(n);
}

std::shared_ptr<prometheus::Collectable> make_log_collector() {
  return std::make_shared<log_collector>();
}

} // namespace hansom
