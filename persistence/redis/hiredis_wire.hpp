#pragma once

#include "persistence/redis/wire.hpp"

#include <hiredis/hiredis.h>

namespace hansom::redis {

/// Plain TCP or a unix socket, by hiredis.
class hiredis_wire : public wire {
public:
  /// Takes the context.
  explicit hiredis_wire(redisContext* context) : context_{context} {
  }
  ~hiredis_wire() override {
    redisFree(context_);
  }
  hiredis_wire(const hiredis_wire&) = delete;
  hiredis_wire& operator=(const hiredis_wire&) = delete;

  int fd() const override {
    return context_->fd;
  }
  progress established(std::string& why) override;
  long send(std::string_view bytes, std::string& why) override;
  bool receive(const std::function<void(reply)>& take,
               std::string& why) override;

protected:
  /// Bytes that have come by another way than hiredis' own.
  /// @returns `false`, with `why`, when they are no replies.
  bool feed(std::string_view bytes, std::string& why);
  /// Hands out complete replies.
  bool hand_out(const std::function<void(reply)>& take, std::string& why);

private:
  bool broken(std::string& why) const {
    why = context_->errstr;
    return false;
  }

  redisContext* context_;
};

/// The same through TLS. @returns null, with `why`, when a certificate cannot
/// be read. Takes the context in any case.
std::unique_ptr<wire> make_tls_wire(redisContext* context, const endpoint& to,
                                    std::string& why);

} // namespace hansom::redis
