#include "gateway/console/console_sessions.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace hansom {

namespace {

/// Looking a secret up by itself would tell by its time how much of a guess is
/// right; and memory that leaks holds no secrets.
std::string digest_of(std::string_view secret) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
         digest.data());
  return {digest.begin(), digest.end()};
}

} // namespace

console_sessions::console_sessions(chance random) : random_{std::move(random)} {
}

void console_sessions::make_room(timestamp now) {
  std::erase_if(sessions_, [&](auto& x) {
    return x.second.ends_at <= now || now - x.second.seen_at > idle_max;
  });
  if (sessions_.size() < sessions_max)
    return;
  sessions_.erase(
    std::min_element(sessions_.begin(), sessions_.end(), [](auto& a, auto& b) {
      return a.second.seen_at < b.second.seen_at;
    }));
}

std::string console_sessions::open(const identity& who, timestamp now) {
  auto secret = random_();
  std::lock_guard guard{mutex_};
  make_room(now);
  sessions_[digest_of(secret)] = {who, random_(),
                                  std::min(who.expires_at, now + life), now};
  return secret;
}

std::optional<console_sessions::session>
console_sessions::find(std::string_view secret, timestamp now) {
  auto key = digest_of(secret);
  std::lock_guard guard{mutex_};
  auto found = sessions_.find(key);
  if (found == sessions_.end())
    return std::nullopt;
  auto& x = found->second;
  if (x.ends_at <= now || now - x.seen_at > idle_max) {
    sessions_.erase(found);
    return std::nullopt;
  }
  x.seen_at = now;
  return x;
}

void console_sessions::close(std::string_view secret) {
  auto key = digest_of(secret);
  std::lock_guard guard{mutex_};
  sessions_.erase(key);
}

std::string console_sessions::issue_code(const identity& who, timestamp now) {
  auto secret = random_();
  std::lock_guard guard{mutex_};
  std::erase_if(codes_, [&](auto& x) { return x.second.until <= now; });
  if (codes_.size() >= codes_max)
    return {};
  codes_[digest_of(secret)] = {who, std::min(who.expires_at, now + code_life)};
  return secret;
}

std::optional<identity> console_sessions::redeem(std::string_view secret,
                                                 timestamp now) {
  auto key = digest_of(secret);
  std::lock_guard guard{mutex_};
  auto found = codes_.find(key);
  if (found == codes_.end())
    return std::nullopt;
  auto x = std::move(found->second);
  codes_.erase(found);
  if (x.until <= now)
    return std::nullopt;
  return std::move(x.who);
}

milliseconds console_sessions::wait(const std::string& peer,
                                    timestamp now) const {
  std::lock_guard guard{mutex_};
  auto result = all_.wait(now, tries_of_all);
  if (auto found = peers_.find(peer); found != peers_.end())
    result = std::max(result, found->second.wait(now, tries_of_peer));
  return result;
}

void console_sessions::failed(const std::string& peer, timestamp now) {
  std::lock_guard guard{mutex_};
  all_.take(now, tries_of_all);
  if (peers_.size() >= peers_max) {
    // Whose bucket is full starts anew; under an attack from everywhere the
    // common one is what counts.
    std::erase_if(peers_, [&](const auto& x) {
      auto is_full = x.second;
      return is_full.take(now, tries_of_peer, tries_of_peer.burst - 1);
    });
    if (peers_.size() >= peers_max)
      return;
  }
  peers_[peer].take(now, tries_of_peer);
}

std::size_t console_sessions::size() const {
  std::lock_guard guard{mutex_};
  return sessions_.size();
}

} // namespace hansom
