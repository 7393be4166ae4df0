#include "gateway/connection/outbox.hpp"

#include <algorithm>

namespace hansom {

latest_key key_of(std::string_view body) noexcept {
  auto end = body.find(',');
  if (end == std::string_view::npos)
    end = body.size();
  std::uint32_t hash = 2166136261U; // FNV-1a
  for (auto c : body.substr(0, end))
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash == 0 ? 1 : hash;
}

outbox::outcome outbox::push(std::string text, latest_key key,
                             const limits& most) {
  if (key != 0)
    for (auto i = head_; i < frames_.size(); ++i)
      if (frames_[i].key == key) {
        bytes_ = bytes_ - frames_[i].text.size() + text.size();
        frames_[i].text = std::move(text);
        return outcome::replaced;
      }
  if (!fits(text.size(), most)) {
    if (key != 0)
      return outcome::dropped;
    give_up_latest();
    if (!fits(text.size(), most))
      return outcome::full;
  }
  bytes_ += text.size();
  frames_.push_back({std::move(text), key});
  return outcome::queued;
}

std::string outbox::pop() {
  auto result = std::move(frames_[head_++].text);
  bytes_ -= result.size();
  if (empty()) {
    head_ = 0;
    if (frames_.capacity() > 4) // An idle client keeps next to nothing.
      std::vector<frame>{}.swap(frames_);
    else
      frames_.clear();
  } else if (head_ >= 64) {
    frames_.erase(frames_.begin(),
                  frames_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  return result;
}

void outbox::clear() {
  std::vector<frame>{}.swap(frames_);
  head_ = 0;
  bytes_ = 0;
}

void outbox::give_up_latest() {
  auto first = frames_.begin() + static_cast<std::ptrdiff_t>(head_);
  auto end = std::remove_if(first, frames_.end(), [this](const frame& x) {
    if (x.key == 0)
      return false;
    bytes_ -= x.text.size();
    return true;
  });
  frames_.erase(end, frames_.end());
}

} // namespace hansom
