#include "protocol/tracer.hpp"

namespace hansom {

tracer::tracer(sampling how, std::uint64_t seed, timestamp wall_at_start,
               span_sink& sink)
  : how_{how}, random_{seed}, wall_ns_{wall_at_start.ms * 1'000'000},
    since_{std::chrono::steady_clock::now()}, sink_{sink} {
}

std::uint64_t tracer::fresh() noexcept {
  for (;;)
    if (auto x = mix64(
          random_.fetch_add(0x9e3779b97f4a7c15ULL, std::memory_order_relaxed)))
      return x;
}

std::int64_t tracer::now_ns() const noexcept {
  using namespace std::chrono;
  return wall_ns_
         + duration_cast<nanoseconds>(steady_clock::now() - since_).count();
}

live_span tracer::begin_root(const traceparent& said) noexcept {
  if (said && how_.follow_clients && !said.sampled)
    return {};
  auto chosen = said && how_.follow_clients;
  if (!chosen && (how_.ratio_ppm == 0 || fresh() % 1'000'000 >= how_.ratio_ppm))
    return {};
  live_span x;
  x.at = said ? trace_context{said.at.trace_high, said.at.trace_low, fresh()}
              : trace_context{fresh(), fresh(), fresh()};
  x.parent = said.at.span;
  x.began_ns = now_ns();
  return x;
}

live_span tracer::begin(const trace_context& parent) noexcept {
  if (!parent)
    return {};
  return {
    {parent.trace_high, parent.trace_low, fresh()}, parent.span, now_ns()};
}

void tracer::end(finished_span x) {
  if (!x.what)
    return;
  x.ended_ns = now_ns();
  sink_.take(std::move(x));
}

} // namespace hansom
