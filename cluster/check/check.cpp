#include "cluster/check/check.hpp"

#include "cluster/check/journal_judge.hpp"
#include "cluster/check/stream_judge.hpp"

#include <fstream>
#include <optional>
#include <ostream>
#include <stdexcept>

namespace hansom {

namespace {

void read_history(const std::string& path, findings& to, journal_judge& judge) {
  to.declare("I4", "what was acknowledged to clients is in the journal");
  std::ifstream file{path};
  if (!file)
    throw std::runtime_error{path + ": the history cannot be read"};
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    if (line.empty())
      continue;
    try {
      judge.promise(line);
    } catch (const std::exception& e) {
      throw std::runtime_error{path + ':' + std::to_string(number) + ": "
                               + e.what()
                               + "; a line of `hansom fleet run --history` is "
                                 "expected"};
    }
  }
}

} // namespace

int run_check(store::factory& from, std::ostream& out, bool json,
              const std::string& history, const std::string& stream) {
  findings to;
  journal_judge judge{to};
  std::optional<stream_judge> heard;
  if (!stream.empty())
    heard.emplace(to, stream);
  auto connection = from.open();
  connection->scan_shard_history([&](const auto& x) { judge.shard_epoch(x); });
  connection->scan_trims([&](const auto& x) {
    judge.trim(x);
    if (heard)
      heard->trim(x);
  });
  connection->scan_bases([&](const auto& x) { judge.base(x); });
  connection->scan_journal([&](const auto& x) {
    judge.journal(x);
    if (heard)
      heard->journal(x);
  });
  connection->scan_entities([&](const auto& x) { judge.entity(x); });
  connection->scan_claims([&](const auto& x) { judge.claim(x); });
  connection->scan_transfers([&](const auto& x) { judge.transfer(x); });
  connection->scan_commands([&](const auto& x) { judge.command(x); });
  if (!history.empty())
    read_history(history, to, judge);
  judge.end(connection->commands_since());
  if (heard)
    heard->end();
  if (json)
    out << to.to_json() << '\n';
  else
    to.write_text(out);
  return to.broken_count() == 0 ? 0 : 1;
}

} // namespace hansom
