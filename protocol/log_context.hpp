#pragma once

#include "protocol/ids.hpp"
#include "protocol/trace_context.hpp"

namespace hansom {

/// Whom the present thread works for; the log adds it to each line. Costs two
/// stores a message, read by the log alone.
struct log_context {
  entity_ref who;      ///< Id 0: nobody.
  trace_context trace; ///< Zero: not recorded.
};

/// The present thread's.
inline log_context& current_log_context() noexcept {
  thread_local log_context x;
  return x;
}

/// Sets the present thread's context for as long as it lives.
class log_scope {
public:
  explicit log_scope(log_context x) noexcept : before_{current_log_context()} {
    current_log_context() = x;
  }
  ~log_scope() {
    current_log_context() = before_;
  }
  log_scope(const log_scope&) = delete;
  log_scope& operator=(const log_scope&) = delete;

private:
  log_context before_;
};

} // namespace hansom
