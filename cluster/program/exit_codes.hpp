#pragma once

namespace hansom {

/// What the program says to the shell; `hansom help exit-codes` lists them.
enum exit_code : int {
  exit_done = 0,
  exit_failed = 1,
  exit_usage = 2,
  exit_not_found = 3,
  exit_refused = 4,
  exit_timed_out = 5,
  exit_no_answer = 6,
  exit_partly = 7,
  exit_interrupted = 130,
};

} // namespace hansom
