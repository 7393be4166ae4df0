#pragma once

#include "cluster/admin/admin_client.hpp"
#include "cluster/program/verbs.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace hansom::verbs {

/// Talks to a cluster through whichever of its nodes answers: the one that was
/// named, and the others once `learn` has heard of them. Needed by whoever
/// drains the very node that he asked. Not thread-safe.
class voice {
public:
  explicit voice(const target_options& with, long timeout_ms = 5000);

  /// @returns an exit code; other than `exit_done`, `reason` says why. What
  ///          is no JSON comes back as text.
  int get(const std::string& path, nlohmann::json& out);
  int post(const std::string& path, const nlohmann::json& body,
           nlohmann::json& out);

  /// Remembers the other nodes of an answer of /v1/admin/nodes.
  void learn(const nlohmann::json& nodes);

  /// What was wrong last.
  [[nodiscard]] const std::string& reason() const noexcept {
    return complaint_;
  }
  /// Prints it. @returns `code`.
  int complain(int code) const;

private:
  int ask(const std::string& path, const nlohmann::json* body,
          nlohmann::json& out);

  target_options with_;
  long timeout_ms_;
  std::vector<std::string> urls_; ///< Tried in this order; the first was named.
  std::string complaint_;
};

/// Ctrl-C sets a flag from here on. A second one ends the program.
class interruptible {
public:
  interruptible();
  ~interruptible();
  interruptible(const interruptible&) = delete;
  interruptible& operator=(const interruptible&) = delete;
  [[nodiscard]] static bool happened() noexcept;
  /// Sleeps, less when interrupted.
  static void sleep(double seconds);
};

} // namespace hansom::verbs
