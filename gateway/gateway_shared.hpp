#pragma once

/// What all threads of a gateway share. For the gateway's own files;
/// `gateway.hpp` is what others include.

#include "gateway/access/revocations.hpp"
#include "gateway/access/token.hpp"
#include "gateway/admission/backlog.hpp"
#include "gateway/console/console_access.hpp"
#include "gateway/gateway_config.hpp"
#include "gateway/http_routes.hpp"

#include <atomic>
#include <memory>

namespace hansom {

class hello_limit;
class resume_mirror;
struct tls_context;

/// Set up before the threads run; what changes later says so by its type.
struct gateway_shared {
  gateway_config config;
  revocations revoked;
  token_verifier tokens;
  http_routes routes{};
  std::atomic<bool> draining{false};
  std::atomic<std::uint32_t> connections{0};
  std::shared_ptr<tls_context> tls{}; ///< Null: plain TCP.
  resume_mirror* mirror = nullptr;    ///< Null: none.
  hello_limit* hellos = nullptr;      ///< Null: none.
  std::unique_ptr<console_access> console{};
  std::unique_ptr<actor_probe> line{};                   ///< Once it runs.
  std::shared_ptr<const journal_writer_stats> journal{}; ///< Null: not watched.
  std::size_t journal_batch_max = 1;
};

} // namespace hansom
