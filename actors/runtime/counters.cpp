#include "actors/runtime/counters.hpp"

namespace hansom {

std::string_view to_text(drop_reason x) noexcept {
  static constexpr std::array<std::string_view, drop_reason_count> names{
    "directory_full",  "load_failed",        "entity_gone",
    "stale_offer",     "unknown_driver",     "stale_status",
    "lend_too_late",   "commit_refused",     "commit_stale_epoch",
    "session_gone",    "unexpected_message", "cell_full",
    "node_stopping",   "gate_full",          "gate_lost",
    "commit_rejected", "shard_full",         "no_route",
    "link_lost"};
  return names[static_cast<std::size_t>(x)];
}

} // namespace hansom
