#include "persistence/redis/hiredis_wire.hpp"

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

} // namespace

progress hiredis_wire::established(std::string& why) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(context_->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
    error = errno;
  if (error == 0)
    return progress::stands;
  why = std::strerror(error);
  return progress::broken;
}

long hiredis_wire::send(std::string_view bytes, std::string& why) {
  auto n = ::send(context_->fd, bytes.data(), bytes.size(),
                  MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n >= 0)
    return n;
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
    return 0;
  why = std::strerror(errno);
  return -1;
}

bool hiredis_wire::receive(const std::function<void(reply)>& take,
                           std::string& why) {
  if (redisBufferRead(context_) != REDIS_OK)
    return broken(why);
  return hand_out(take, why);
}

bool hiredis_wire::feed(std::string_view bytes, std::string& why) {
  if (redisReaderFeed(context_->reader, bytes.data(), bytes.size()) == REDIS_OK)
    return true;
  why = context_->reader->errstr;
  return false;
}

bool hiredis_wire::hand_out(const std::function<void(reply)>& take,
                            std::string& why) {
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

std::unique_ptr<wire> wire::open(const endpoint& to, std::string& why) {
  auto* context = to.socket.empty()
                    ? redisConnectNonBlock(to.host.c_str(), to.port)
                    : redisConnectUnixNonBlock(to.socket.c_str());
  if (context == nullptr) {
    why = "out of memory";
    return nullptr;
  }
  if (context->err != 0) {
    why = context->errstr;
    redisFree(context);
    return nullptr;
  }
  if (to.tls)
    return make_tls_wire(context, to, why);
  return std::make_unique<hiredis_wire>(context);
}

} // namespace hansom::redis
