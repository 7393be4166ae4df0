#include "cluster/admin/order_desk.hpp"

#include <utility>

namespace hansom {

std::optional<session_ref> order_desk::expect(answer done) {
  std::lock_guard guard{mutex_};
  if (waiting_.size() == orders_max)
    return std::nullopt;
  waiting_.emplace(++last_, std::move(done));
  return session_ref{node_, desk_worker, last_};
}

void order_desk::expire(session_ref order) {
  finish(order.session, {});
}

void order_desk::finish(std::uint64_t order, const std::string& body) {
  answer done;
  {
    std::lock_guard guard{mutex_};
    auto found = waiting_.find(order);
    if (found == waiting_.end())
      return;
    done = std::move(found->second);
    waiting_.erase(found);
  }
  done(body);
}

void order_desk::deliver(client_frame frame) {
  if (frame.to.worker == desk_worker)
    finish(frame.to.session, frame.body);
  else
    others_.deliver(std::move(frame));
}

void order_desk::attached(session_ref to, std::string state) {
  others_.attached(to, std::move(state));
}

void order_desk::close(session_ref to, close_code why) {
  others_.close(to, why);
}

void order_desk::follow(session_ref to, trip_id trip) {
  others_.follow(to, trip);
}

} // namespace hansom
