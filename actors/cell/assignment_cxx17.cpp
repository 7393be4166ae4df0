#include "actors/cell/assignment.hpp"

#include <lemon/network_simplex.h>
#include <lemon/static_graph.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace hansom {

namespace {

constexpr std::uint32_t none = 0xffffffff;

std::int64_t cost_of(const candidate& x) {
  return std::max(-assignment_cost_max, std::min(assignment_cost_max, x.cost));
}

void check_input(std::size_t requests, std::size_t drivers,
                 const std::vector<candidate>& candidates) {
  if (requests > assignment_size_max || drivers > assignment_size_max)
    throw std::invalid_argument(
      "assignment: at most " + std::to_string(assignment_size_max)
      + " requests and drivers, got " + std::to_string(requests) + " and "
      + std::to_string(drivers));
  for (const auto& x : candidates)
    if (x.request >= requests || x.driver >= drivers)
      throw std::invalid_argument(
        "assignment: candidate (" + std::to_string(x.request) + ", "
        + std::to_string(x.driver) + ") outside of " + std::to_string(requests)
        + " requests and " + std::to_string(drivers) + " drivers");
}

/// Gives each request its cheapest driver. When no two want the same, that is
/// the optimum, and in quiet hours it is nearly always so.
bool assign_without_rivals(std::size_t requests, std::size_t drivers,
                           const std::vector<candidate>& candidates,
                           std::vector<std::uint32_t>& chosen) {
  std::vector<std::uint32_t> best(requests, none);
  for (std::uint32_t i = 0; i < candidates.size(); ++i) {
    auto& b = best[candidates[i].request];
    if (b == none || cost_of(candidates[i]) < cost_of(candidates[b]))
      b = i;
  }
  std::vector<char> taken(drivers, 0);
  for (auto b : best) {
    if (b == none)
      continue;
    if (taken[candidates[b].driver]++)
      return false;
    chosen.push_back(b);
  }
  std::sort(chosen.begin(), chosen.end());
  return true;
}

/// Numbers those who occur at all from 0, so that the graph has no idle nodes.
class numbering {
public:
  explicit numbering(std::size_t size) : number_of_(size, none) {
  }
  std::uint32_t operator()(std::uint32_t x) {
    if (number_of_[x] == none)
      number_of_[x] = count_++;
    return number_of_[x];
  }
  std::uint32_t count() const {
    return count_;
  }

private:
  std::vector<std::uint32_t> number_of_;
  std::uint32_t count_ = 0;
};

using graph = lemon::StaticDigraph;
using solver = lemon::NetworkSimplex<graph, int, std::int64_t>;

/// The candidates as arcs request -> driver, and request -> "nobody" at a cost
/// that no sum of others reaches: so a request stays alone only when no
/// matching serves more.
struct network {
  std::vector<std::pair<int, int>> ends; ///< Ascending, as the graph demands.
  std::vector<std::uint32_t> source;     ///< Candidate of each arc, or none.
  std::vector<std::int64_t> cost;
  int requests = 0;
  int drivers = 0;
};

network build(std::size_t requests, std::size_t drivers,
              const std::vector<candidate>& candidates) {
  network net;
  numbering request_no{requests};
  numbering driver_no{drivers};
  auto low = assignment_cost_max;
  auto high = -assignment_cost_max;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> numbers;
  numbers.reserve(candidates.size());
  for (const auto& x : candidates) {
    numbers.emplace_back(request_no(x.request), driver_no(x.driver));
    low = std::min(low, cost_of(x));
    high = std::max(high, cost_of(x));
  }
  net.requests = static_cast<int>(request_no.count());
  net.drivers = static_cast<int>(driver_no.count());
  const auto nobody = net.requests + net.drivers;
  const auto alone = (high - low) * std::min(net.requests, net.drivers) + 1;

  // A counting sort by request keeps the candidates' order within each.
  std::vector<std::uint32_t> begin(request_no.count() + 1, 0);
  for (const auto& n : numbers)
    ++begin[n.first + 1];
  for (std::size_t i = 1; i < begin.size(); ++i)
    begin[i] += begin[i - 1] + 1; // One more for the arc to nobody.
  const auto arcs = candidates.size() + request_no.count();
  net.ends.resize(arcs);
  net.source.assign(arcs, none);
  net.cost.assign(arcs, alone);
  auto next = begin;
  for (std::uint32_t i = 0; i < candidates.size(); ++i) {
    auto arc = next[numbers[i].first]++;
    net.ends[arc] = {static_cast<int>(numbers[i].first),
                     net.requests + static_cast<int>(numbers[i].second)};
    net.source[arc] = i;
    net.cost[arc] = cost_of(candidates[i]) - low;
  }
  for (int r = 0; r < net.requests; ++r)
    net.ends[next[r]] = {r, nobody};
  return net;
}

} // namespace

std::vector<std::uint32_t> assign(std::size_t requests, std::size_t drivers,
                                  const std::vector<candidate>& candidates) {
  check_input(requests, drivers, candidates);
  std::vector<std::uint32_t> chosen;
  if (candidates.empty()
      || assign_without_rivals(requests, drivers, candidates, chosen))
    return chosen;
  chosen.clear();

  auto net = build(requests, drivers, candidates);
  graph g;
  g.build(net.requests + net.drivers + 1, net.ends.begin(), net.ends.end());
  graph::ArcMap<std::int64_t> cost{g};
  for (int arc = 0; arc < g.arcNum(); ++arc)
    cost[g.arc(arc)] = net.cost[static_cast<std::size_t>(arc)];
  // Each request sends one unit; a driver and "nobody" may take less than they
  // ask for, which is what GEQ means.
  graph::NodeMap<int> supply{g, -1};
  for (int r = 0; r < net.requests; ++r)
    supply[g.node(r)] = 1;
  supply[g.node(net.requests + net.drivers)] = -net.requests;
  solver simplex{g};
  simplex.costMap(cost).supplyMap(supply);
  simplex.supplyType(solver::GEQ);
  if (simplex.run() != solver::OPTIMAL)
    throw std::logic_error("assignment: the network has no optimum");
  for (int arc = 0; arc < g.arcNum(); ++arc) {
    auto i = net.source[static_cast<std::size_t>(arc)];
    if (i != none && simplex.flow(g.arc(arc)) > 0)
      chosen.push_back(i);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

} // namespace hansom
