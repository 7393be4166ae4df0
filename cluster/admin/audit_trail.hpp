#pragma once

#include <functional>
#include <string>

namespace hansom {

/// What somebody has ordered, for those who ask later who did it.
struct audit_record {
  std::string kind;    ///< "actor.passivated"; names are stable.
  std::string by;      ///< "operator/7".
  std::string subject; ///< "driver/42".
  /// No words of people: everybody who may look sees events.
  std::string outcome;
};

/// Writes one down among the node's or the cluster's events. Any thread; does
/// not wait.
using audit_trail = std::function<void(audit_record)>;

} // namespace hansom
