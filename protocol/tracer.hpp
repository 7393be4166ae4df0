#pragma once

#include "protocol/ids.hpp"
#include "protocol/time.hpp"
#include "protocol/trace_context.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace hansom {

/// A span that has begun. False when nobody records it: then everything about
/// it is a test of one word.
struct live_span {
  trace_context at;
  std::uint64_t parent = 0; ///< 0: a root.
  std::int64_t began_ns = 0;

  explicit operator bool() const noexcept {
    return static_cast<bool>(at);
  }
};

/// The numbers of OTLP.
enum class span_kind : std::uint8_t { internal = 1, server = 2, client = 3 };

using span_tag =
  std::pair<std::string_view, std::variant<std::int64_t, std::string>>;

/// A span as it leaves. Tags hold ids and numbers, never what people wrote,
/// where they are or who they are called.
struct finished_span {
  live_span what;
  std::string name;
  span_kind kind = span_kind::internal;
  std::int64_t ended_ns = 0; ///< Set by `tracer::end`.
  std::string error;         ///< A stable code; empty: it went well.
  std::vector<span_tag> tags;
  std::vector<trace_context> links;
};

/// Where spans go. Thread-safe; never blocks; bounds what it holds.
class span_sink {
public:
  virtual ~span_sink() = default;
  virtual void take(finished_span x) = 0;
};

struct sampling {
  std::uint32_t ratio_ppm = 0; ///< Of new traces, in millionths.
  /// A client that says it records is recorded, one that says it does not is
  /// not. Otherwise what clients say only names the trace.
  bool follow_clients = true;
};

/// Decides what is recorded, and times it. Whoever has no tracer (a null
/// pointer) records nothing. Thread-safe.
class tracer {
public:
  /// @param sink must outlive the tracer.
  /// @param wall_at_start of the node's clock, now.
  tracer(sampling how, std::uint64_t seed, timestamp wall_at_start,
         span_sink& sink);

  /// Something comes in from outside.
  /// @param said zero when the client said nothing of a trace.
  live_span begin_root(const traceparent& said) noexcept;

  /// A step of what is recorded; nothing when `parent` is nothing.
  live_span begin(const trace_context& parent) noexcept;

  /// Hands a span on, with the present time as its end. Nothing when it was
  /// never begun.
  void end(finished_span x);

  /// Since 1970.
  [[nodiscard]] std::int64_t now_ns() const noexcept;

private:
  std::uint64_t fresh() noexcept;

  sampling how_;
  std::atomic<std::uint64_t> random_;
  std::int64_t wall_ns_;
  std::chrono::steady_clock::time_point since_;
  span_sink& sink_;
};

/// Begins a step where there may be no tracer.
inline live_span begin_span(tracer* by, const trace_context& parent) noexcept {
  return parent && by != nullptr ? by->begin(parent) : live_span{};
}

/// Ends a span that may not have begun, without making anything up before that
/// is known: `make` gives the rest of a `finished_span`.
template <class Make>
void end_span(tracer* by, live_span& x, Make&& make) {
  if (!x || by == nullptr)
    return;
  finished_span out = make();
  out.what = std::exchange(x, {});
  by->end(std::move(out));
}

} // namespace hansom
