#include "persistence/redis/resume_store.hpp"

#include <charconv>

namespace hansom::redis {

namespace {

struct entry_id {
  std::uint64_t seq = 0;
  std::uint32_t life = 0;
};

bool parse(std::string_view text, entry_id& out) {
  auto end = text.data() + text.size();
  auto [dash, error] = std::from_chars(text.data(), end, out.seq);
  if (error != std::errc{} || dash == end || *dash != '-')
    return false;
  auto [at, again] = std::from_chars(dash + 1, end, out.life);
  return again == std::errc{} && at == end;
}

} // namespace

void resume_store::push(std::string_view key, std::uint64_t seq,
                        std::uint32_t life, std::uint64_t oldest,
                        std::string_view frame) {
  auto full = prefix_ + std::string{key};
  command add{"XADD", full, "MINID"};
  add.add(std::to_string(oldest))
    .add(std::to_string(seq) + '-' + std::to_string(life))
    .add("f")
    .add(frame);
  link_.post(add);
  link_.post(command{"PEXPIRE", full, std::to_string(kept_connected.count())});
}

void resume_store::expire(std::string_view key, milliseconds within) {
  link_.post(command{"PEXPIRE", prefix_ + std::string{key},
                     std::to_string(within.count())});
}

void resume_store::fetch(std::string_view key, std::uint64_t seq,
                         milliseconds within, found_callback done) {
  link_.ask(
    command{"XRANGE", prefix_ + std::string{key}, std::to_string(seq), "+"},
    within, [seq, done = std::move(done)](const reply& x) {
      done(x.ok() ? frames_after(x, seq) : std::nullopt);
    });
}

std::optional<resume_store::found> frames_after(const reply& entries,
                                                std::uint64_t seq) {
  resume_store::found out;
  std::uint64_t last = 0;
  out.life = 0;
  for (auto& x : entries.items) {
    entry_id id;
    if (x.items.size() != 2 || !parse(x.items[0].text, id)
        || x.items[1].items.size() != 2)
      return std::nullopt;
    if (id.life < out.life)
      continue; // Written by a node that does not have the session any more.
    if (last == 0 ? id.seq > seq + 1 : id.seq > last + 1)
      return std::nullopt; // A gap.
    if (id.seq == last && !out.frames.empty())
      out.frames.pop_back(); // A later life says what really was sent.
    if (id.seq > seq)
      out.frames.push_back(x.items[1].items[1].text);
    out.life = id.life;
    last = id.seq;
  }
  // The client must not know more than we do.
  if (last < seq || last == 0)
    return std::nullopt;
  return out;
}

} // namespace hansom::redis
