#include "persistence/redis/rate_counter.hpp"
#include "persistence/redis/resume_store.hpp"
#include "tests/unit/persistence/redis_server.hpp"

#include <future>

namespace hansom::redis::testing {

namespace {

constexpr milliseconds patience{2000};

struct connected_link {
  explicit connected_link(const redis_server& to) : it{to.config()} {
    it.start();
    REQUIRE(it.wait_connected(patience));
  }
  link it;
};

} // namespace

TEST_CASE("redis urls are understood, and refused with a reason") {
  endpoint x;
  std::string why;
  REQUIRE(parse_url("redis://u%40b:p%3aw@10.0.0.1:7000/3", x, why));
  CHECK(x.user == "u@b");
  CHECK(x.password == "p:w");
  CHECK(x.host == "10.0.0.1");
  CHECK(x.port == 7000);
  CHECK(x.database == 3);
  CHECK(to_string(x) == "redis://u@b@10.0.0.1:7000/3");
  REQUIRE(parse_url("redis://[::1]", x, why));
  CHECK(x.host == "::1");
  CHECK(x.port == 6379);
  REQUIRE(parse_url("unix://:secret@/run/r.sock?db=2", x, why));
  CHECK(x.socket == "/run/r.sock");
  CHECK(x.password == "secret");
  CHECK(x.database == 2);
  CHECK(masked_url("redis://u:p@h/1") == "redis://u:***@h/1");
  CHECK(masked_url("redis://h:6379") == "redis://h:6379");
  for (auto wrong :
       {"", "http://h", "redis://", "redis://h:0", "redis://h:x", "redis://h/x",
        "redis://u@h", "unix://relative", "redis://a:%zz@h", "unix:///s?x=1"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_url(wrong, x, why));
    CHECK(why.size() > 10);
  }
  CHECK_FALSE(x.tls);
  REQUIRE(parse_url("rediss://:secret@h:7000/1", x, why));
  CHECK(x.tls);
  CHECK(x.host == "h");
  CHECK(to_string(x) == "rediss://h:7000/1");
}

TEST_CASE("commands of many threads are pipelined, in order, binary-safe") {
  redis_server server;
  connected_link link{server};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i)
        while (!link.it.post(
          command{"RPUSH", "l" + std::to_string(t), std::to_string(i)}))
          std::this_thread::yield();
    });
  for (auto& x : threads)
    x.join();
  auto all = link.it.call(command{"LRANGE", "l2", "0", "-1"}, patience);
  REQUIRE(all.items.size() == 2000);
  for (int i = 0; i < 2000; ++i)
    CHECK(all.items[static_cast<std::size_t>(i)].text == std::to_string(i));
  CHECK(link.it.stats().largest_batch > 10);
  std::string odd{"a\r\n\0b", 5};
  link.it.post(command{"SET", odd, odd});
  CHECK(link.it.call(command{"GET", odd}, patience).text == odd);
  auto error = link.it.call(command{"NONSENSE"}, patience);
  CHECK(error.what == reply::kind::error);
  CHECK(drops(link.it, link_drop::refused) == 1);
  CHECK(link.it.stats().unanswered == 0);
  CHECK(link.it.stats().unanswered_bytes == 0);
}

TEST_CASE("without a server commands fail at once, and it says why") {
  link_config with;
  with.to.socket = "/nowhere/at/all.sock";
  link x{with};
  x.start();
  CHECK_FALSE(x.wait_connected(milliseconds{100}));
  CHECK(x.call(command{"PING"}, patience).what == reply::kind::lost);
  CHECK_FALSE(x.post(command{"PING"}));
  CHECK(drops(x, link_drop::disconnected) == 2);
  CHECK(x.health().why.find("/nowhere/at/all.sock: No such file")
        != std::string::npos);
}

TEST_CASE("a wrong password is told as such; a right one is let in") {
  redis_server server{{"--requirepass", "sesame"}};
  for (auto password : {"", "wrong"}) {
    auto with = server.config();
    with.to.password = password;
    link x{with};
    x.start();
    CHECK_FALSE(x.wait_connected(milliseconds{150}));
    auto why = x.health().why;
    CAPTURE(why);
    CHECK(why.find(*password ? "WRONGPASS" : "NOAUTH") != std::string::npos);
  }
  auto with = server.config();
  with.to.password = "sesame";
  with.to.database = 4;
  link x{with};
  x.start();
  REQUIRE(x.wait_connected(patience));
  CHECK(x.call(command{"SET", "a", "b"}, patience).ok());
}

TEST_CASE("a restarted server is found again") {
  redis_server server;
  connected_link link{server};
  auto first = link.it.generation();
  server.stop();
  REQUIRE(eventually([&] { return !link.it.connected(); }));
  std::this_thread::sleep_for(milliseconds{2000}); // The pause has grown.
  server.start();
  CHECK(link.it.wait_connected(patience));
  CHECK(link.it.generation() > first);
  CHECK(link.it.call(command{"PING"}, patience).text == "PONG");
}

TEST_CASE("a server that hangs costs askers their deadline, not more") {
  redis_server server;
  connected_link link{server};
  server.freeze();
  auto began = std::chrono::steady_clock::now();
  auto answer = link.it.call(command{"PING"}, milliseconds{150});
  auto took = std::chrono::steady_clock::now() - began;
  CHECK(answer.what == reply::kind::lost);
  CHECK(took >= milliseconds{150});
  MESSAGE("took ", took.count() / 1'000'000, " ms");
  CHECK(drops(link.it, link_drop::timed_out) == 1);
  CHECK(eventually([&] { return !link.it.connected(); }));
  server.thaw();
  CHECK(link.it.wait_connected(patience));
}

TEST_CASE("what waits for a hanging server is bounded by count and bytes") {
  redis_server server;
  auto with = server.config();
  with.queue_max = 100;
  with.bytes_max = 50'000;
  with.answer_timeout = milliseconds{5000};
  link x{with};
  x.start();
  REQUIRE(x.wait_connected(patience));
  server.freeze();
  int taken = 0;
  for (int i = 0; i < 1000; ++i)
    taken += x.post(command{"SET", "a", "b"});
  CHECK(taken == 100);
  CHECK(drops(x, link_drop::queue_full) == 900);
  server.thaw();
  REQUIRE(eventually([&] { return x.stats().unanswered == 0; }));
  server.freeze();
  taken = 0;
  std::string large(10'000, 'x');
  for (int i = 0; i < 10; ++i)
    taken += x.post(command{"SET", "a", large});
  CHECK(taken == 4);
  server.thaw();
}

TEST_CASE("frames are found again complete, or not at all") {
  redis_server server;
  connected_link link{server};
  resume_store store{link.it, {}};
  auto fetch = [&](std::uint64_t seq) {
    std::promise<std::optional<resume_store::found>> got;
    store.fetch("s", seq, patience, [&](auto x) { got.set_value(x); });
    return got.get_future().get();
  };
  CHECK_FALSE(fetch(0));
  for (std::uint64_t seq = 1; seq <= 5; ++seq)
    store.push("s", seq, 1, 1, "f" + std::to_string(seq));
  auto x = fetch(3);
  REQUIRE(x);
  CHECK(x->frames == std::vector<std::string>{"f4", "f5"});
  CHECK(fetch(0)->frames.size() == 5);
  CHECK(fetch(5)->frames.empty());
  CHECK_FALSE(fetch(6)); // The client knows more than we do.

  SUBCASE("the ring's front is trimmed away") {
    store.push("s", 6, 1, 4, "f6");
    CHECK(fetch(3)->frames.size() == 3);
    CHECK_FALSE(fetch(2));
  }
  SUBCASE("a frame that did not arrive is a gap") {
    store.push("s", 7, 1, 1, "f7");
    CHECK_FALSE(fetch(4));
    CHECK(fetch(6)->frames.size() == 1);
  }
  SUBCASE("a former node's late frames do not count") {
    store.push("s", 6, 2, 1, "new6");
    store.push("s", 7, 1, 1, "old7");
    auto y = fetch(4);
    REQUIRE(y);
    CHECK(y->frames == std::vector<std::string>{"f5", "new6"});
    CHECK(y->life == 2);
  }
  SUBCASE("the later life wins the same number") {
    store.push("s", 6, 1, 1, "old6");
    store.push("s", 6, 2, 1, "new6");
    CHECK(fetch(5)->frames == std::vector<std::string>{"new6"});
  }
  SUBCASE("a flush forgets") {
    link.it.post(command{"FLUSHALL"});
    store.push("s", 6, 1, 1, "f6");
    CHECK_FALSE(fetch(4));
    CHECK(fetch(5)->frames.size() == 1);
  }
  SUBCASE("it expires") {
    store.expire("s", milliseconds{30});
    CHECK(eventually([&] { return !fetch(5); }));
  }
}

TEST_CASE("rates count together and begin anew with each window") {
  redis_server server;
  connected_link one{server};
  connected_link two{server};
  rate_counter a{one.it, {}};
  rate_counter b{two.it, {}};
  auto hit = [](rate_counter& x, std::uint64_t window) {
    std::promise<std::optional<std::uint64_t>> got;
    x.hit("hello:driver/1", window, milliseconds{100}, patience,
          [&](auto n) { got.set_value(n); });
    return got.get_future().get();
  };
  CHECK(hit(a, 1) == 1);
  CHECK(hit(b, 1) == 2);
  CHECK(hit(a, 2) == 1);
  CHECK(eventually(
    [&] { return one.it.call(command{"DBSIZE"}, patience).number == 0; }));
  server.stop();
  REQUIRE(eventually([&] { return !one.it.connected(); }));
  CHECK_FALSE(hit(a, 3));
}

} // namespace hansom::redis::testing
