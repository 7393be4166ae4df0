#include "actors/runtime/recording.hpp"

namespace hansom {

recording::recording(entity_ref whom, limits with)
  : whom_{whom}, with_{with}, until_{steady::now() + with.life},
    second_began_{steady::now()} {
}

bool recording::is_over(steady::time_point now) const {
  return ended_ || now >= until_
         || (with_.messages_max != 0 && last_seq_ >= with_.messages_max);
}

void recording::take(message_record x) {
  auto now = steady::now();
  std::lock_guard guard{mutex_};
  if (is_over(now))
    return;
  if (now - second_began_ >= std::chrono::seconds{1}) {
    second_began_ = now;
    this_second_ = 0;
  }
  if (++this_second_ > with_.per_second) {
    ++dropped_;
    return;
  }
  x.seq = ++last_seq_;
  kept_.push_back(std::move(x));
  if (kept_.size() > with_.kept)
    kept_.pop_front();
}

void recording::prolong() {
  std::lock_guard guard{mutex_};
  until_ = steady::now() + with_.life;
}

void recording::end() {
  std::lock_guard guard{mutex_};
  ended_ = true;
}

bool recording::ended() const {
  std::lock_guard guard{mutex_};
  return is_over(steady::now());
}

recording::part recording::read(std::uint64_t after) const {
  using namespace std::chrono;
  part result;
  auto now = steady::now();
  std::lock_guard guard{mutex_};
  for (auto& x : kept_)
    if (x.seq > after)
      result.messages.push_back(x);
  // What fell out of the queue before anybody asked is dropped, too.
  auto expected = last_seq_ > after ? last_seq_ - after : 0;
  result.dropped = dropped_ + (expected - result.messages.size());
  result.next = last_seq_;
  result.recorded = last_seq_;
  result.messages_max = with_.messages_max;
  if (!is_over(now))
    result.left = duration_cast<milliseconds>(until_ - now) + milliseconds{1};
  return result;
}

} // namespace hansom
