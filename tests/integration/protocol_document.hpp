#pragma once

#include <memory>
#include <set>
#include <string>

namespace hansom::testing {

/// protocol/asyncapi.yaml as a judge of frames.
class protocol_document {
public:
  /// @throws std::runtime_error when a file is no YAML or has no messages.
  explicit protocol_document(const std::string& file);
  ~protocol_document();

  /// The names of components.messages.
  [[nodiscard]] std::set<std::string> messages() const;

  /// The codes of components.schemas.error_code.
  [[nodiscard]] std::set<std::string> error_codes() const;

  /// Holds a frame against the schema of a message, and looks for fields that
  /// the document does not have: it lets clients ignore those, but what we send
  /// we describe.
  /// @returns an empty text, or what is wrong and where.
  std::string judge(const std::string& message, const std::string& frame);

private:
  struct body;
  std::unique_ptr<body> body_;
};

} // namespace hansom::testing
