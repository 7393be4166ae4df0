#include "cluster/core/times.hpp"

namespace hansom::core {

times times::scaled(int by) const {
  auto x = *this;
  for (auto* each :
       {&x.heartbeat, &x.self, &x.dead, &x.fast, &x.wake, &x.quiet, &x.stable,
        &x.cut, &x.prepare, &x.seal, &x.hold, &x.tombstone, &x.drain, &x.retry})
    *each *= by;
  return x;
}

std::string find_defect(const times& x) {
  auto text = [](milliseconds y) { return std::to_string(y.count()) + " ms"; };
  if (x.heartbeat.count() <= 0 || x.retry.count() <= 0)
    return "a heartbeat every " + text(x.heartbeat) + " is none";
  if (x.self < 3 * x.heartbeat)
    return "a node that suspends itself after " + text(x.self)
           + " does not outlive two lost heartbeats of " + text(x.heartbeat);
  // A twentieth covers clocks that run at different speeds many times over.
  if (x.self + x.dead / 20 >= x.dead)
    return "a node must suspend itself (" + text(x.self)
           + ") well before others may take over (" + text(x.dead) + ")";
  if (x.fast < x.heartbeat)
    return "hard evidence (" + text(x.fast)
           + ") cannot be judged within one heartbeat";
  if (x.wake >= x.self)
    return "a timer gap of " + text(x.wake) + " is noticed too late";
  return {};
}

} // namespace hansom::core
