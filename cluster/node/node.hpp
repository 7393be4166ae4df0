#pragma once

#include "cluster/config/settings.hpp"

#include <memory>
#include <string>

namespace hansom {

/// One process of Hansom: store, actors, gateway, put together. A node view.
/// All calls from one thread.
class node {
public:
  explicit node(settings with);
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Opens the store, takes the shards over, brings open trips back and lets
  /// clients in, in that order.
  /// @throws std::runtime_error with one clear sentence.
  void start();

  /// Clients are told to go, waiting writes are flushed, actors end.
  /// Idempotent.
  void stop();

  /// "http://127.0.0.1:7400", valid after `start`.
  [[nodiscard]] std::string url() const;

  /// @returns whether the store has refused a write of this node because
  ///          another one has taken over. It must end; any thread.
  [[nodiscard]] bool is_fenced() const;

  /// @returns whether all was handed over and this node is to stop; any thread.
  [[nodiscard]] bool has_left() const;

  /// Entities brought back by `start`.
  [[nodiscard]] std::size_t recovered() const;

private:
  struct body;
  std::unique_ptr<body> body_;
};

} // namespace hansom
