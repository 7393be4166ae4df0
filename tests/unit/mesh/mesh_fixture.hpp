#pragma once

/// Nodes in one process: an actor system and a mesh each, with real sockets on
/// loopback. What arrives is recorded; a test may make a node deaf or slow.

#include "actors/type_ids.hpp"
#include "cluster/mesh/mesh.hpp"
#include "cluster/mesh/mesh_frame.hpp"

#include <caf/all.hpp>
#include <caf/io/all.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace hansom::testing {

using namespace std::chrono_literals;

inline timestamp test_now() {
  return {std::chrono::duration_cast<milliseconds>(
            std::chrono::steady_clock::now().time_since_epoch())
            .count()};
}

/// Waits until `done`, at most twenty seconds: machines are busy.
template <class Done>
bool eventually(Done&& done, milliseconds within = 20s) {
  auto end = std::chrono::steady_clock::now() + within;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

/// Remembers what a node is told.
class recorder final : public mesh_sink, public peer_listener {
public:
  struct came_back {
    far_mail what;
    refusal why;
  };

  std::optional<refusal> mail(store::incarnation, far_mail x) override {
    std::unique_lock guard{mutex_};
    open_.wait(guard, [this] { return !blocked_; });
    if (answer)
      if (auto no = answer(x))
        return no;
    mails.push_back(std::move(x));
    return std::nullopt;
  }
  void client(store::incarnation, far_frame x) override {
    std::lock_guard guard{mutex_};
    frames.push_back(std::move(x));
  }
  void returned(store::incarnation, far_mail x, refusal why) override {
    std::lock_guard guard{mutex_};
    returns.push_back({std::move(x), why});
  }
  void sweep() override {
  }
  void link_up(store::incarnation x) override {
    std::lock_guard guard{mutex_};
    ups.push_back(x);
  }
  void link_down(store::incarnation, link_evidence why) override {
    std::lock_guard guard{mutex_};
    downs.push_back(why);
  }
  void not_reached(store::incarnation, link_evidence why) override {
    std::lock_guard guard{mutex_};
    misses.push_back(why);
  }
  void control(store::incarnation, std::string body) override {
    std::lock_guard guard{mutex_};
    controls.push_back(std::move(body));
  }
  void owner_heard(shard_id, store::incarnation, store::epoch) override {
  }
  void fenced(shard_id, store::epoch) override {
  }

  /// A node that does not read: whoever delivers stands still.
  void block(bool x) {
    {
      std::lock_guard guard{mutex_};
      blocked_ = x;
    }
    open_.notify_all();
  }

  /// @returns something, read under the lock.
  template <class Look>
  auto with(Look&& look) const {
    std::lock_guard guard{mutex_};
    return look(*this);
  }
  [[nodiscard]] std::size_t mail_count() const {
    return with([](auto& x) { return x.mails.size(); });
  }

  std::function<std::optional<refusal>(const far_mail&)> answer;
  std::vector<far_mail> mails;
  std::vector<far_frame> frames;
  std::vector<came_back> returns;
  std::vector<store::incarnation> ups;
  std::vector<link_evidence> downs;
  std::vector<link_evidence> misses;
  std::vector<std::string> controls;

private:
  mutable std::mutex mutex_;
  std::condition_variable open_;
  bool blocked_ = false;
};

struct mesh_system_config : caf::actor_system_config {
  explicit mesh_system_config(const mesh_config& x) {
    add_message_types<caf::id_block::hansom>();
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{2});
    set("scheduler.max-throughput", std::size_t{50});
    prepare(*this, x);
  }
};

/// Short times: a test waits for most of them.
inline mesh_config test_config() {
  mesh_config x;
  x.cluster = "test";
  x.heartbeat = 100ms;
  x.timeout = 3s;
  return x;
}

class test_node {
public:
  explicit test_node(store::incarnation self,
                     mesh_config config = test_config())
    : incarnation{self}, config_{config},
      system_config_{config}, system{system_config_} {
    mesh::parts parts;
    parts.config = config;
    parts.self = self;
    parts.sink = &heard;
    parts.listener = &heard;
    parts.now = test_now;
    links = std::make_unique<mesh>(system, std::move(parts));
    links->start();
  }
  ~test_node() {
    heard.block(false);
    links.reset();
  }

  [[nodiscard]] peer_address where() const {
    return {config_.address, links->port()};
  }
  void meet(const test_node& other) {
    links->meet(other.incarnation, other.where());
  }
  [[nodiscard]] peer_report report(store::incarnation of) const {
    for (auto& x : links->peers())
      if (x.who == of)
        return x;
    return {};
  }

  const store::incarnation incarnation;

private:
  mesh_config config_;
  mesh_system_config system_config_;

public:
  recorder heard; ///< Outlives the links.
  caf::actor_system system;
  std::unique_ptr<mesh> links;
};

inline bool join(test_node& a, test_node& b) {
  a.meet(b);
  b.meet(a);
  return eventually([&] {
    return a.links->is_up(b.incarnation) && b.links->is_up(a.incarnation);
  });
}

/// Mail that tells itself apart by its number; it outlives every wait.
inline far_mail numbered(std::uint64_t n, entity_ref to = driver_id{7}) {
  far_mail x;
  x.to = to;
  x.what.what = caf::make_message(nearly_free{trip_id{n}, {}, timestamp{1}});
  x.until = test_now() + 60s;
  return x;
}

/// Mail for which a client waits.
inline far_mail asked(std::string id, entity_ref to = trip_id{9},
                      milliseconds within = 60s) {
  far_mail x;
  x.to = to;
  x.what.what = caf::make_message(
    client_ref{{1, 2, 3}, driver_id{4}, std::move(id)}, trip_arrived{});
  x.until = test_now() + within;
  return x;
}

inline std::uint64_t number_of(const far_mail& x) {
  return x.what.what.get_as<nearly_free>(0).trip.value;
}

} // namespace hansom::testing
