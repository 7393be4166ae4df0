#include "tests/unit/persistence/store_fixture.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <random>
#include <thread>

namespace hansom::store::testing {

namespace {

/// The child: commits batches for ever and prints the last acknowledged
/// number. Trip n gets three steps, in three batches, with claim and command.
template <class Backend>
[[noreturn]] void write_until_killed(Backend& place, int pipe,
                                     std::uint64_t round) {
  try {
    auto* from = place.reopen();
    auto db = from->open();
    auto rows = db->claim_shards(db->start_incarnation("child", {1}), {1});
    auto now = rows.at(0).now;
    constexpr std::uint64_t width = 16;
    for (std::uint64_t base = round * 10'000;; base += width)
      for (std::uint64_t seq = 1; seq <= 3; ++seq) {
        std::vector<write> batch;
        for (auto n = base; n < base + width; ++n) {
          auto x = step(trip(n, static_cast<shard_id>(n % 8)), seq, now);
          x = with_command(std::move(x), rider_id{n + 1}, std::to_string(seq));
          if (seq == 1)
            x = with_take(std::move(x), claim_kind::rider, n + 1);
          if (seq == 3)
            x = with_release(std::move(x), claim_kind::rider, n + 1);
          batch.push_back(std::move(x));
        }
        for (auto what : outcomes(*db, batch))
          if (what != outcome::committed)
            ::_exit(3);
        std::uint64_t acknowledged[] = {base, width, seq};
        if (::write(pipe, acknowledged, sizeof acknowledged)
            != sizeof acknowledged)
          ::_exit(4);
      }
  } catch (...) {
    ::_exit(5);
  }
}

/// Runs a child for `life` and kills it.
/// @returns what it acknowledged: trip number -> last step.
template <class Backend>
std::map<std::uint64_t, std::uint64_t>
run_and_kill(Backend& place, std::uint64_t round,
             std::chrono::milliseconds life) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(ends[0]);
    write_until_killed(place, ends[1], round);
  }
  ::close(ends[1]);
  std::this_thread::sleep_for(life);
  ::kill(child, SIGKILL);
  std::map<std::uint64_t, std::uint64_t> out;
  std::uint64_t x[3];
  while (::read(ends[0], x, sizeof x) == sizeof x)
    for (auto n = x[0]; n < x[0] + x[1]; ++n)
      out[n] = x[2];
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status)); // It did not end by itself, with an error.
  return out;
}

/// Compares the store with what was acknowledged in all rounds.
template <class Backend>
void check_store(Backend& place,
                 const std::map<std::uint64_t, std::uint64_t>& acknowledged) {
  auto db = place.reopen()->open();
  // What the dead one still has on its way comes in before this, or never.
  db->claim_shards(db->start_incarnation("judge", {1}), {1});
  std::map<entity_ref, std::uint64_t> journal;
  std::map<shard_id, std::uint64_t> shards;
  std::map<command_key, std::size_t> commands;
  std::size_t doubled = 0;
  db->scan_journal([&](const journal_row& row) {
    if (row.seq != ++journal[row.entity]
        || row.shard_seq != ++shards[row.shard])
      ++doubled;
    ++commands[row.command.value()];
  });
  for (auto& [key, n] : commands)
    doubled += n != 1;
  CHECK(doubled == 0);
  std::size_t lost = 0;
  for (auto& [n, seq] : acknowledged)
    lost += journal[trip(n, static_cast<shard_id>(n % 8))] < seq;
  CHECK(lost == 0);
  // State, claims and commands came with their events, or not at all.
  std::size_t torn = 0;
  db->scan_entities(
    [&](const stored_entity& x) { torn += x.rev != journal[x.entity]; });
  std::size_t claims = 0;
  db->scan_claims([&](const claim_row& x) {
    ++claims;
    torn += journal[x.holder] == 0 || journal[x.holder] == 3;
  });
  for (auto& [x, seq] : journal)
    claims -= seq == 1 || seq == 2;
  db->scan_commands([&](const command_row& x) { commands.erase(x.key); });
  CHECK(torn == 0);
  CHECK(claims == 0);
  CHECK(commands.empty());
}

} // namespace

TEST_CASE_TEMPLATE("kill -9 loses nothing that was acknowledged", Backend,
                   on_disk, on_postgres) {
  Backend place;
  place.make();
  place.connections.reset();
  std::mt19937 random{7};
  std::uniform_int_distribution<int> life_ms{30, 200};
  std::map<std::uint64_t, std::uint64_t> acknowledged;
  for (std::uint64_t round = 1; round <= 24; ++round) {
    auto life = std::chrono::milliseconds{life_ms(random)};
    acknowledged.merge(run_and_kill(place, round, life));
    check_store(place, acknowledged);
    place.connections.reset(); // Threads and locks do not outlive a fork.
  }
  CHECK(acknowledged.size() > 100);
}

} // namespace hansom::store::testing
