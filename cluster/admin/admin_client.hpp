#pragma once

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>

namespace hansom {

/// Where a running node is and with which right to talk to it.
struct admin_target {
  std::string url;   ///< "http://127.0.0.1:7400".
  std::string token; ///< Bearer token of an operator or viewer.
  std::string found; ///< How it was found, for error messages.
};

/// Finds the node: explicit flags, else HANSOM_URL and HANSOM_TOKEN, else the
/// files that a running node leaves in its data folder.
/// @returns whether there is a url to try; else `why` says what was looked at.
bool find_target(const std::string& url, const std::string& token_file,
                 const std::string& data, admin_target& out, std::string& why);

/// A blocking client for a node's admin interface. Not thread-safe.
class admin_client {
public:
  explicit admin_client(admin_target target, long timeout_ms = 5000);
  ~admin_client();

  /// GETs `path` and parses the answer.
  /// @returns an exit code; other than `exit_done`, the reason has been printed
  ///          to stderr.
  int get(const std::string& path, nlohmann::json& out);

  /// The same, POSTing a JSON body: a change, which may be refused.
  int post(const std::string& path, const nlohmann::json& body,
           nlohmann::json& out);

  /// Prints nothing from now on; see `complaint`.
  void keep_quiet() noexcept {
    quiet_ = true;
  }
  /// What was wrong last; may have several lines.
  [[nodiscard]] const std::string& complaint() const noexcept {
    return complaint_;
  }

private:
  int fail(int code, std::string text);
  int ask(const std::string& path, const std::string* body,
          nlohmann::json& out);

  struct connection;
  admin_target target_;
  long timeout_ms_;
  bool quiet_ = false;
  std::string complaint_;
  std::unique_ptr<connection> connection_;
};

/// Percent-encodes one query value.
std::string url_encoded(const std::string& text);

} // namespace hansom
