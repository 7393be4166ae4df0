#include "gateway/session/resume_mirror.hpp"
#include "tests/unit/gateway/server_fixture.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace hansom;
using namespace hansom::testing;

namespace {

/// Remembers for all servers of a test; answers from a thread of its own.
class fake_mirror final : public resume_mirror {
public:
  ~fake_mirror() override {
    for (auto& x : threads_)
      x.join();
  }

  void push(const session_name& whose, std::uint64_t seq, std::uint32_t life,
            std::uint64_t, std::string_view frame) override {
    std::lock_guard guard{mutex_};
    auto& s = sessions_[key(whose)];
    s.frames[seq] = frame;
    s.life = std::max(s.life, life);
  }
  void expire(const session_name& whose, milliseconds) override {
    std::lock_guard guard{mutex_};
    expired_.insert(key(whose));
  }
  void fetch(const session_name& whose, std::uint64_t seq,
             past_callback done) override {
    std::optional<past> found;
    std::lock_guard guard{mutex_};
    if (auto x = sessions_.find(key(whose)); knows && x != sessions_.end()) {
      found.emplace();
      found->life = x->second.life;
      for (auto& [n, frame] : x->second.frames)
        if (n > seq)
          found->frames.push_back(frame);
    }
    threads_.emplace_back([this, found, done = std::move(done)] {
      std::this_thread::sleep_for(delay);
      done(found);
    });
  }
  std::size_t expired() {
    std::lock_guard guard{mutex_};
    return expired_.size();
  }
  std::uint32_t life() {
    std::lock_guard guard{mutex_};
    return sessions_.begin()->second.life;
  }

  std::atomic<bool> knows{true};
  std::chrono::milliseconds delay{5};

private:
  struct kept {
    std::map<std::uint64_t, std::string> frames;
    std::uint32_t life = 0;
  };
  static std::string key(const session_name& x) {
    return std::to_string(x.session) + '-' + std::to_string(x.secret) + '-'
           + to_string(x.client);
  }

  std::mutex mutex_;
  std::map<std::string, kept> sessions_;
  std::set<std::string> expired_;
  std::vector<std::thread> threads_;
};

/// A client with two pushes, of which it has heard one, and no connection.
std::string leave_with_one_unheard(server& s, std::size_t round) {
  raw_client c{s.port()};
  auto welcome = s.greet(c);
  s.push(R"({"type":"trip","n":1})");
  s.push(R"({"type":"trip","n":2})");
  c.expect(R"("n":2)");
  c.cut();
  REQUIRE(s.city.wait_for("detach driver/7", round));
  return welcome;
}

} // namespace

TEST_CASE("a client resumes at another node, complete, then the full state") {
  fake_mirror mirror;
  server first{{}, &mirror};
  server second{{}, &mirror};
  for (std::size_t round = 1; round <= 6; ++round) { // Both workers' turn.
    auto welcome = leave_with_one_unheard(first, round);
    raw_client c{second.port()};
    auto again =
      second.greet(c, client_role::driver, "7",
                   resume_of(welcome, 1) + R"(,"trip":"00a1000000000001")");
    CHECK(has(again, R"("resumed":true)"));
    CHECK(has(again, R"("seq":2)"));
    CHECK(text_of(again, "session") == text_of(welcome, "session"));
    CHECK(has(c.read_frame().payload, R"("n":2)"));
    auto resync = c.read_frame().payload;
    CHECK(has(resync, R"("type":"resync")"));
    CHECK(has(resync, R"("seq":3)"));
    CHECK(has(resync, R"("me":"driver/7")"));
    second.push(R"({"type":"trip","n":4})");
    CHECK(has(c.expect(R"("n":4)"), R"("seq":4)"));
    c.send_frame(R"({"type":"shift.start","id":"x"})");
    CHECK(has(c.expect("ack"), R"("re":"x")"));
    // The other process may have died with the end of his trip unmirrored.
    CHECK(second.city.count("driver/7 believes in 00a1000000000001") == round);
    // And here again, from this node's own memory: no second resync.
    raw_client d{second.port()};
    again = second.greet(d, client_role::driver, "7", resume_of(welcome, 3));
    CHECK(has(again, R"("resumed":true)"));
    CHECK(has(d.read_frame().payload, R"("n":4)"));
    second.push(R"({"type":"trip","n":5})");
    CHECK(has(d.read_frame().payload, R"("seq":5)"));
  }
  CHECK(mirror.expired() >= 6);
  CHECK(mirror.life() == 2);
}

TEST_CASE("what the mirror does not know is an explicit resync") {
  fake_mirror mirror;
  mirror.knows = false;
  server first{{}, &mirror};
  server second{{}, &mirror};
  for (std::size_t round = 1; round <= 4; ++round) {
    auto welcome = leave_with_one_unheard(first, round);
    raw_client c{second.port()};
    auto again =
      second.greet(c, client_role::driver, "7", resume_of(welcome, 1));
    CHECK(has(again, R"("resumed":false)"));
    CHECK(text_of(again, "session") != text_of(welcome, "session"));
    CHECK(has(c.read_frame().payload, R"("type":"resync")"));
  }
}

TEST_CASE("nobody resumes another client's session through the mirror") {
  fake_mirror mirror;
  server first{{}, &mirror};
  server second{{}, &mirror};
  auto welcome = leave_with_one_unheard(first, 1);
  raw_client thief{second.port()};
  auto again =
    second.greet(thief, client_role::driver, "8", resume_of(welcome, 0));
  CHECK(has(again, R"("resumed":false)"));
  CHECK(has(thief.read_frame().payload, R"("me":"driver/8")"));
}

TEST_CASE("who talks or leaves while the mirror is asked does no harm") {
  fake_mirror mirror;
  mirror.delay = 150ms;
  server first{{}, &mirror};
  server second{{}, &mirror};
  auto welcome = leave_with_one_unheard(first, 1);
  for (int i = 0; i < 4; ++i) {
    raw_client hasty{second.port()};
    hasty.upgrade();
    hasty.send_frame(
      second.hello(client_role::driver, "7", resume_of(welcome, 1)));
    hasty.cut();
  }
  std::this_thread::sleep_for(300ms);
  raw_client c{second.port()};
  c.upgrade();
  c.send_frame(second.hello(client_role::driver, "7", resume_of(welcome, 1)));
  c.send_frame(R"({"type":"shift.start","id":"early"})");
  CHECK(has(c.expect("\"welcome\""), R"("resumed":true)"));
  c.send_frame(R"({"type":"shift.start","id":"x"})");
  // What came early was dropped, or it was answered: it may have been read
  // late.
  CHECK(has(c.expect(R"("re":"x")"), "\"ack\""));
}

TEST_CASE("too many hellos on all nodes together close the connection") {
  class strict final : public hello_limit {
  public:
    void count(entity_ref client, std::function<void()> too_many) override {
      if (++hellos[client] > 2)
        too_many();
    }
    std::map<entity_ref, int> hellos;
  };
  strict limit;
  server s{[](auto& x) { x.threads = 1; }, nullptr, &limit};
  for (int i = 1; i <= 2; ++i) {
    raw_client c{s.port()};
    s.greet(c);
    c.send_frame(R"({"type":"heartbeat"})");
    CHECK_FALSE(c.expect("heartbeat").empty());
  }
  raw_client third{s.port()};
  third.upgrade();
  third.send_frame(s.hello());
  CHECK(has(third.expect("rate_limited"), "hellos"));
  third.expect_close();
  raw_client other{s.port()};
  s.greet(other, client_role::driver, "8");
  other.send_frame(R"({"type":"heartbeat"})");
  CHECK_FALSE(other.expect("heartbeat").empty());
}
