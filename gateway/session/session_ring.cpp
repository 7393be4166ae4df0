#include "gateway/session/session_ring.hpp"

#include <algorithm>

namespace hansom {

void session_ring::push(std::string text, std::size_t events_max,
                        std::size_t bytes_max) {
  ++last_;
  bytes_ += text.size();
  texts_.push_back(std::move(text));
  std::size_t surplus = 0;
  for (auto left = bytes_;
       surplus < texts_.size()
       && (texts_.size() - surplus > events_max || left > bytes_max);
       ++surplus)
    left -= texts_[surplus].size();
  drop_front(surplus);
}

void session_ring::restore(std::uint64_t seq, std::vector<std::string> texts) {
  texts_ = std::move(texts);
  last_ = seq + texts_.size();
  bytes_ = 0;
  for (auto& x : texts_)
    bytes_ += x.size();
}

void session_ring::acknowledge(std::uint64_t seq) {
  if (seq > last_)
    return;
  auto unseen = last_ - seq;
  if (unseen < texts_.size())
    drop_front(texts_.size() - unseen);
}

void session_ring::forget() {
  drop_front(texts_.size());
}

void session_ring::drop_front(std::size_t n) {
  if (n == 0)
    return;
  auto end = texts_.begin() + static_cast<std::ptrdiff_t>(n);
  for (auto i = texts_.begin(); i != end; ++i)
    bytes_ -= i->size();
  if (end == texts_.end())
    std::vector<std::string>{}.swap(texts_);
  else
    texts_.erase(texts_.begin(), end);
}

} // namespace hansom
