#include "gateway/access/revocations.hpp"

#include <algorithm>
#include <mutex>

namespace hansom {

bool covers(const revocation& x, const identity& who) noexcept {
  if (!x.token_id.empty())
    return x.token_id == who.token_id;
  return x.role == who.role && x.subject == who.subject
         && who.issued_at < x.issued_before;
}

revocations::added revocations::add(const revocation& x) {
  std::unique_lock guard{mutex_};
  auto& map = x.token_id.empty() ? clients_ : tokens_;
  auto key = x.token_id.empty() ? name_of(x.role, x.subject) : x.token_id;
  auto found = map.find(key);
  if (found == map.end()) {
    if (tokens_.size() + clients_.size() >= entries_max)
      return added::full;
    map.emplace(std::move(key), entry{x.issued_before, x.until});
    return added::yes;
  }
  auto& e = found->second;
  e.until = e.until && x.until ? std::max(e.until, x.until) : timestamp{};
  if (x.issued_before <= e.issued_before)
    return added::known;
  e.issued_before = x.issued_before;
  return added::yes;
}

void revocations::forget(timestamp now) {
  std::unique_lock guard{mutex_};
  for (auto* map : {&tokens_, &clients_})
    std::erase_if(
      *map, [&](auto& x) { return x.second.until && x.second.until < now; });
}

std::size_t revocations::size() const {
  std::shared_lock guard{mutex_};
  return tokens_.size() + clients_.size();
}

bool revocations::cover(const identity& who) const {
  std::shared_lock guard{mutex_};
  if (!who.token_id.empty() && tokens_.count(who.token_id) > 0)
    return true;
  if (clients_.empty())
    return false;
  auto found = clients_.find(name_of(who.role, who.subject));
  return found != clients_.end() && who.issued_at < found->second.issued_before;
}

std::string revocations::name_of(client_role role, const std::string& subject) {
  return std::string{to_text(role)} + '/' + subject;
}

} // namespace hansom
