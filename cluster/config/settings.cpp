#include "cluster/config/settings.hpp"

namespace hansom {

namespace {

/// Each step of forgetting needs the one before it.
void check_retention(const settings& x, std::vector<std::string>& problems) {
  auto& r = x.retention;
  auto in_order = [&](milliseconds first, milliseconds then, const char* what) {
    if (then.count() > 0 && then < first)
      problems.push_back(std::string{"configuration: "} + what);
  };
  in_order(milliseconds{86'400'000}, r.journal,
           "retention.journal has to be 0s or at least 24h");
  in_order(milliseconds{2 * 86'400'000LL}, r.exact_positions,
           "retention.exact_positions has to be 0s or at least 48h");
  in_order(r.trip_history_after, r.exact_positions,
           "retention.exact_positions has to be at least "
           "retention.trip_history_after: positions are made coarse in the "
           "history");
  in_order(r.trip_history_after, r.journal,
           "retention.journal has to be at least retention.trip_history_after: "
           "a trip's events go when it is in the history");
  in_order(r.commands, r.journal,
           "retention.journal has to be at least retention.commands: a command "
           "is remembered by its event");
  if (!x.redis.url.empty() && x.redis.events)
    in_order(x.redis.replay, r.journal,
             "retention.journal has to be at least redis.replay: events are "
             "published again from the journal");
}

} // namespace

std::vector<std::string> check(const settings& x) {
  std::vector<std::string> problems;
  if (x.cluster.enabled && x.store.engine != store_engine::postgresql)
    problems.push_back("configuration: cluster.enabled needs store.engine = "
                       "\"postgresql\": nodes share one store");
  if (auto problem = check(x.dispatch); !problem.empty())
    problems.push_back("configuration: " + problem);
  // Keys come from files, which are read when a node starts: one of the right
  // kind stands for them here.
  auto gateway = x.gateway;
  gateway.production = x.node.production;
  gateway.keys = {{x.auth.hs256_key_file.empty() ? jwt_algorithm::es256
                                                 : jwt_algorithm::hs256,
                   std::string(32, '-')}};
  if (auto problem = check(gateway); !problem.empty())
    problems.push_back("configuration: " + problem);
  for (auto* part : {&x.redis.prefix, &x.redis.city})
    if (part->empty() || part->find_first_of(" :*?[]\n") != std::string::npos)
      problems.push_back("configuration: redis.prefix and redis.city are parts "
                         "of keys: letters, "
                         "digits, - and _ are expected, found \""
                         + *part + '"');
  check_retention(x, problems);
  return problems;
}

} // namespace hansom
