#include "persistence/redis/wire.hpp"

#include <hiredis/hiredis.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace hansom::redis {

namespace {

reply converted(const redisReply& x) {
  reply out;
  switch (x.type) {
  case REDIS_REPLY_STRING:
  case REDIS_REPLY_STATUS:
    out.what = reply::kind::text;
    out.text.assign(x.str, x.len);
    break;
  case REDIS_REPLY_ERROR:
    out.what = reply::kind::error;
    out.text.assign(x.str, x.len);
    break;
  case REDIS_REPLY_INTEGER:
    out.what = reply::kind::number;
    out.number = x.integer;
    break;
  case REDIS_REPLY_ARRAY:
    out.what = reply::kind::list;
    out.items.reserve(x.elements);
    for (std::size_t i = 0; i < x.elements; ++i)
      out.items.push_back(converted(*x.element[i]));
    break;
  default:
    out.what = reply::kind::nothing;
  }
  return out;
}

class hiredis_wire final : public wire {
public:
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

  bool established(std::string& why) override {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(context_->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
      error = errno;
    if (error != 0)
      why = std::strerror(error);
    return error == 0;
  }

  long send(std::string_view bytes, std::string& why) override {
    auto n = ::send(context_->fd, bytes.data(), bytes.size(),
                    MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0)
      return n;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
      return 0;
    why = std::strerror(errno);
    return -1;
  }

  bool receive(const std::function<void(reply)>& take,
               std::string& why) override {
    if (redisBufferRead(context_) != REDIS_OK)
      return broken(why);
    for (;;) {
      void* got = nullptr;
      if (redisGetReplyFromReader(context_, &got) != REDIS_OK)
        return broken(why);
      if (got == nullptr)
        return true;
      std::unique_ptr<redisReply, decltype(&freeReplyObject)> holder{
        static_cast<redisReply*>(got), freeReplyObject};
      take(converted(*holder));
    }
  }

private:
  bool broken(std::string& why) const {
    why = context_->errstr;
    return false;
  }

  redisContext* context_;
};

} // namespace

std::unique_ptr<wire> wire::open(const endpoint& to, std::string& why) {
  auto* context = to.socket.empty()
                    ? redisConnectNonBlock(to.host.c_str(), to.port)
                    : redisConnectUnixNonBlock(to.socket.c_str());
  if (context == nullptr) {
    why = "out of memory";
    return nullptr;
  }
  auto result = std::make_unique<hiredis_wire>(context);
  if (context->err != 0) {
    why = context->errstr;
    return nullptr;
  }
  return result;
}

} // namespace hansom::redis
