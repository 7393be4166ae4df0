#include "gateway/revocations.hpp"

#include <algorithm>
#include <mutex>

namespace hansom {

bool covers(const revocation& x, const identity& who) noexcept {
  if (!x.token_id.empty())
    return x.token_id == who.token_id;
  return x.role == who.role && x.subject == who.subject
         && who.issued_at < x.issued_before;
}

bool revocations::add(const revocation& x) {
  std::unique_lock guard{mutex_};
  auto& map = x.token_id.empty() ? clients_ : tokens_;
  auto key = x.token_id.empty() ? name_of(x.role, x.subject) : x.token_id;
  auto found = map.find(key);
  if (found == map.end()) {
    if (tokens_.size() + clients_.size() >= entries_max)
      return false;
    map.emplace(std::move(key), x.issued_before);
    return true;
  }
  found->second = std::max(found->second, x.issued_before);
  return true;
}

bool revocations::cover(const identity& who) const {
  std::shared_lock guard{mutex_};
  if (!who.token_id.empty() && tokens_.count(who.token_id) > 0)
    return true;
  if (clients_.empty())
    return false;
  auto found = clients_.find(name_of(who.role, who.subject));
  return found != clients_.end() && who.issued_at < found->second;
}

std::string revocations::name_of(client_role role, const std::string& subject) {
  return std::string{to_text(role)} + '/' + subject;
}

} // namespace hansom
