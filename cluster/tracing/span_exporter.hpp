#pragma once

#include "cluster/tracing/tracing_settings.hpp"
#include "protocol/tracer.hpp"

#include <prometheus/collectable.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hansom {

/// Sends spans to an OpenTelemetry collector: OTLP over HTTP, in JSON. One
/// thread of its own; `take` only puts into a bounded queue. A collector that
/// is away or busy is asked again with growing pauses; what does not fit
/// meanwhile is dropped and counted.
class span_exporter final : public span_sink {
public:
  static constexpr std::size_t batch_max = 512;
  static constexpr std::chrono::milliseconds pause_first{250};
  static constexpr std::chrono::milliseconds pause_max{30'000};

  struct patience {
    std::chrono::milliseconds answer{5'000}; ///< Of the collector.
    std::chrono::milliseconds end{2'000};    ///< Of who ends this.
  };

  struct figures {
    std::atomic<std::uint64_t> exported{0};
    std::atomic<std::uint64_t> dropped_full{0};
    std::atomic<std::uint64_t> dropped_refused{0}; ///< By the collector.
    std::atomic<std::uint64_t> dropped_end{0};     ///< At the stop.
    std::atomic<std::uint64_t> failures{0};        ///< Requests.
    std::atomic<std::uint64_t> queued{0};
  };

  /// @throws std::runtime_error when the headers file cannot be used.
  span_exporter(tracing_settings with, std::string node);
  span_exporter(tracing_settings with, std::string node, patience waits);
  /// Sends what waits, if the collector takes it at once; within the patience
  /// of who ends this, also when a request is under way.
  ~span_exporter() override;

  void take(finished_span x) override;

  [[nodiscard]] const figures& numbers() const noexcept {
    return figures_;
  }

private:
  enum class verdict : std::uint8_t { taken, refused, later };
  struct answer {
    verdict how = verdict::later;
    std::chrono::milliseconds wait{0}; ///< The collector's own wish.
  };

  void run();
  std::vector<finished_span> next_batch();
  bool deliver(const std::vector<finished_span>& batch);
  bool pause(std::chrono::milliseconds x);
  answer post(const std::string& body);
  int perform();
  std::chrono::milliseconds left(std::chrono::steady_clock::time_point begun);
  void complain(const std::string& why);

  tracing_settings with_;
  const patience waits_;
  std::string node_;
  std::vector<std::string> headers_;
  figures figures_;
  std::string complaint_; ///< The last one, which is not repeated.
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<finished_span> queue_;              ///< Guarded by `mutex_`.
  bool ending_ = false;                          ///< Likewise.
  std::chrono::steady_clock::time_point end_at_; ///< Likewise.
  void* curl_ = nullptr;                         ///< Of the thread alone.
  void* wire_ = nullptr; ///< Its wait, which others may end.
  std::thread thread_;
};

/// @param from must outlive the result.
std::shared_ptr<prometheus::Collectable>
make_tracing_collector(const span_exporter& from);

} // namespace hansom
