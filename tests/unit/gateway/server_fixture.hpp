#pragma once

/// A real gateway on a free port of 127.0.0.1, the real runtime, and behind
/// it a city of scripted actors that do as the test says.

#include "actors/runtime/runtime.hpp"
#include "gateway/gateway.hpp"
#include "tests/unit/gateway/raw_client.hpp"

#include <caf/all.hpp>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

namespace hansom::testing {

using namespace std::chrono_literals;

inline constexpr std::string_view test_secret =
  "a-secret-of-at-least-32-bytes-for-tests";

/// What the scripted actors were told, and how they behave.
class scripted_city {
public:
  std::atomic<bool> silent_to_attach{false};
  std::atomic<bool> silent_to_commands{false};
  std::atomic<std::uint64_t> positions{0};

  void note(std::string what, session_ref from) {
    std::lock_guard guard{mutex_};
    log_.push_back(std::move(what));
    last_ = from;
    changed_.notify_all();
  }
  void note(std::string what) {
    std::lock_guard guard{mutex_};
    log_.push_back(std::move(what));
    changed_.notify_all();
  }
  [[nodiscard]] std::size_t count(const std::string& what) const {
    std::lock_guard guard{mutex_};
    return static_cast<std::size_t>(std::count(log_.begin(), log_.end(), what));
  }
  /// @returns whether `what` has been said `n` times within five seconds.
  bool wait_for(const std::string& what, std::size_t n = 1) {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, 5s, [&] {
      return std::count(log_.begin(), log_.end(), what)
             >= static_cast<std::ptrdiff_t>(n);
    });
  }
  [[nodiscard]] session_ref last_session() const {
    std::lock_guard guard{mutex_};
    return last_;
  }

private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> log_;
  session_ref last_;
};

class server {
public:
  explicit server(std::function<void(gateway_config&)> adapt = {},
                  resume_mirror* mirror = nullptr,
                  hello_limit* hellos = nullptr,
                  const std::function<void(gateway&)>& prepare = {});
  ~server();

  std::string token(client_role role, std::string_view subject,
                    std::chrono::seconds ttl = 3600s) {
    return issue_token(test_secret, role, subject,
                       actors->now() + milliseconds{ttl});
  }
  std::string hello(client_role role = client_role::driver,
                    std::string_view subject = "7",
                    std::string_view more = {}) {
    return R"({"type":"hello","token":")" + token(role, subject) + '"'
           + std::string{more} + '}';
  }
  /// Upgrades, says hello. @returns the welcome.
  std::string greet(raw_client& c, client_role role = client_role::driver,
                    std::string_view subject = "7",
                    std::string_view more = {}) {
    c.upgrade();
    c.send_frame(hello(role, subject, more));
    return c.expect("\"welcome\"");
  }
  void push(std::string body) {
    door->deliver({city.last_session(), delivery::event, {}, std::move(body)});
  }
  [[nodiscard]] std::uint16_t port() const {
    return door->port();
  }
  /// @returns the value of a line of /metrics; -1 when there is none.
  double metric(const std::string& name);

  scripted_city city;
  caf::actor_system_config system_config;
  std::unique_ptr<caf::actor_system> system;
  std::unique_ptr<gateway> door;
  std::unique_ptr<runtime> actors;

private:
  caf::actor reader_;
};

/// @returns the text after `"key":"` up to the next quote.
inline std::string text_of(const std::string& json, const std::string& key) {
  auto at = json.find('"' + key + "\":\"");
  if (at == std::string::npos)
    return {};
  at += key.size() + 4;
  return json.substr(at, json.find('"', at) - at);
}

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// @returns the member of a hello that resumes the session of `welcome`.
inline std::string resume_of(const std::string& welcome, std::uint64_t seq) {
  return R"(,"resume":{"session":")" + text_of(welcome, "session")
         + R"(","seq":)" + std::to_string(seq) + '}';
}

inline std::string position_at(std::string_view lat, std::int64_t ms) {
  return R"({"type":"position","lat":)" + std::string{lat}
         + R"(,"lon":-73.9855000,"time":)" + std::to_string(ms) + '}';
}

} // namespace hansom::testing
