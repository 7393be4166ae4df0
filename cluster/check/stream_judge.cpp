#include "cluster/check/stream_judge.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <stdexcept>

namespace hansom {

namespace {

nlohmann::json payload_of(const std::string& text) {
  return text.empty() ? nlohmann::json{}
                      : nlohmann::json::parse(text, nullptr, false);
}

std::string one_form(const std::string& entity, std::uint64_t seq,
                     const std::string& kind, std::int64_t at,
                     std::uint64_t epoch, const std::string& command,
                     const nlohmann::json& payload) {
  return entity + '#' + std::to_string(seq) + ' ' + kind + ' '
         + std::to_string(at) + ' ' + std::to_string(epoch) + ' ' + command
         + ' ' + payload.dump();
}

} // namespace

stream_judge::stream_judge(findings& to, const std::string& path) : to_{to} {
  to_.declare("I14", "each event of the journal was delivered, none invented");
  std::ifstream file{path};
  if (!file)
    throw std::runtime_error{path + ": the consumer's history cannot be read"};
  std::uint64_t lines = 0;
  std::uint64_t again = 0;
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    if (line.empty())
      continue;
    try {
      auto x = nlohmann::json::parse(line);
      auto what =
        one_form(x.at("entity"), x.at("seq"), x.at("kind"), x.at("at"),
                 x.at("epoch"), x.value("command", ""), x.at("payload"));
      auto& heard = heard_[{x.at("shard").get<shard_id>(),
                            x.at("shard_seq").get<std::uint64_t>()}];
      ++lines;
      again += heard.times++ != 0;
      if (heard.times == 1)
        heard.what = std::move(what);
      else if (heard.what != what)
        to_.broken("I14", line + ": delivered before as " + heard.what);
    } catch (const nlohmann::json::exception& e) {
      throw std::runtime_error{path + ':' + std::to_string(number)
                               + ": a line of `hansom stream tail --json` is "
                                 "expected ("
                               + e.what() + ')'};
    }
  }
  to_.note("events_delivered", lines);
  to_.note("events_delivered_again", again);
}

void stream_judge::trim(const store::trim_row& x) {
  std::erase_if(heard_, [&](const auto& item) {
    return item.first.first == x.shard && item.first.second <= x.seq;
  });
}

void stream_judge::journal(const store::journal_row& x) {
  auto name = "event " + std::to_string(x.shard_seq) + " of shard "
              + std::to_string(x.shard) + " (" + x.kind + " of "
              + to_string(x.entity) + ')';
  auto found = heard_.find({x.shard, x.shard_seq});
  if (found == heard_.end())
    return to_.expect("I14", false, name + " was not delivered");
  found->second.in_journal = true;
  auto what =
    one_form(to_string(x.entity), x.seq, x.kind, x.at.ms, x.written_epoch,
             x.command ? x.command->id : "", payload_of(x.payload));
  to_.expect("I14", what == found->second.what,
             name + " was delivered as " + found->second.what);
}

void stream_judge::end() {
  for (auto& [id, x] : heard_)
    if (!x.in_journal)
      to_.broken("I14",
                 "event " + std::to_string(id.second) + " of shard "
                   + std::to_string(id.first)
                   + " was delivered, but the journal has none: " + x.what);
}

} // namespace hansom
