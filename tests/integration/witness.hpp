#pragma once

#include "gateway/access/token.hpp"
#include "tests/integration/node_process.hpp"
#include "tests/integration/protocol_document.hpp"
#include "tests/unit/gateway/raw_client.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <memory>
#include <set>

namespace hansom::testing {

/// What all clients of a test have received.
struct testimony {
  const node_process& node;
  protocol_document& document;
  std::set<std::string> messages;
  std::set<std::string> error_codes;
};

/// A websocket client that holds each frame it hears, and each well-formed one
/// that it says, against the published protocol.
class witness {
public:
  using json = nlohmann::json;

  /// Connects; says nothing yet.
  explicit witness(testimony& all);
  ~witness();

  witness(const witness&) = delete;
  witness& operator=(const witness&) = delete;

  /// Says hello. @returns the welcome.
  json hello(client_role role, std::uint64_t account);

  /// The same with more fields.
  json hello(client_role role, std::uint64_t account, const json& more,
             std::chrono::seconds token_ttl = std::chrono::hours{1});

  /// Sends a command with a fresh id. @returns the answer to it.
  json ask(json command);

  /// The same, and the answer has to be this error.
  void refused(const json& command, const std::string& code);

  /// Sends what needs no answer.
  void tell(const json& frame);

  /// Sends anything at all, unjudged.
  void blurt(std::string_view bytes, int opcode = 1);

  /// Reports a place within Manhattan, in 1e-7 degrees from its middle.
  void stand(int north_e7, int east_e7 = 0);

  /// Waits for a frame of a type, also among those heard already.
  /// @returns it, without the frames before it; fails the test when none comes.
  json hear(const std::string& type,
            const std::function<bool(const json&)>& fits = {});

  /// The same for an error without `re`.
  void hear_error(const std::string& code);

  /// Waits for the trip to be in a phase. @returns its frame.
  json hear_phase(const std::string& trip, const std::string& phase);

  /// Reads until the connection ends. @returns the close code.
  int hear_close();

  void cut() {
    wire_.cut();
  }

  [[nodiscard]] std::string token(client_role role, std::uint64_t account,
                                  std::chrono::seconds ttl) const;

private:
  struct frames; ///< In order; here only by name, JSON is slow to compile.

  json read(std::chrono::steady_clock::time_point until);
  json judged(const std::string& text);

  testimony& all_;
  raw_client wire_;
  std::unique_ptr<frames> heard_;
  int asked_ = 0;
  int close_code_ = -1; ///< -1: still open.
};

} // namespace hansom::testing
