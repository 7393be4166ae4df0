#include "persistence/postgres/batch.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace hansom::store::postgres {

namespace {

/// What two writes may have in common.
struct subject {
  enum kind : std::uint8_t { entity, command, claim, transfer };

  kind what = entity;
  std::uint8_t sort = 0; ///< Of the entity, the client or the claim.
  std::uint64_t id = 0;
  std::string_view text;

  friend bool operator==(const subject&, const subject&) = default;
};

struct subject_hash {
  std::size_t operator()(const subject& x) const noexcept {
    auto kinds = static_cast<std::uint64_t>(x.what) << 8 | x.sort;
    return mix64(x.id ^ kinds << 48)
           ^ (x.text.empty() ? 0 : std::hash<std::string_view>{}(x.text));
  }
};

template <class F>
void for_each_subject(const write& x, F f) {
  auto number = [](auto kind) { return static_cast<std::uint8_t>(kind); };
  f(subject{subject::entity, number(x.entity.kind), x.entity.id, {}});
  if (x.command)
    f(subject{subject::command, number(x.command->client.kind),
              x.command->client.id, x.command->id});
  for (auto* list : {&x.take, &x.release})
    for (auto& c : *list)
      f(subject{subject::claim, number(c.kind), c.key, {}});
  for (auto& t : x.transfers)
    f(subject{subject::transfer, 0, 0, t.key});
}

} // namespace

std::vector<int> waves_of(const std::vector<write>& batch,
                          const std::vector<std::size_t>& chosen) {
  std::unordered_map<subject, int, subject_hash> last;
  last.reserve(chosen.size() * 4);
  std::vector<int> out;
  out.reserve(chosen.size());
  for (auto i : chosen) {
    int wave = 0;
    for_each_subject(batch[i], [&](const subject& x) {
      if (auto found = last.find(x); found != last.end())
        wave = std::max(wave, found->second);
    });
    ++wave;
    for_each_subject(batch[i], [&](const subject& x) { last[x] = wave; });
    out.push_back(wave);
  }
  return out;
}

} // namespace hansom::store::postgres
