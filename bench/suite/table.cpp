#include "bench/suite/table.hpp"

#include <cstdio>

namespace hansom::bench {

namespace {

/// Three digits that matter, no exponent.
std::string figure(double x) {
  if (!std::isfinite(x))
    return "-";
  char text[48];
  const auto size = std::abs(x);
  std::snprintf(text, sizeof text, "%.*f",
                size >= 100 || size == 0 ? 0
                : size >= 10             ? 1
                                         : 2,
                x);
  return text;
}

} // namespace

std::string table_head() {
  char text[200];
  std::snprintf(text, sizeof text, "%-58s %5s %10s %10s %7s %10s  %s\n",
                "measure", "unit", "baseline", "hansom", "ratio", "goal",
                "met?");
  return text;
}

std::string table_line(const row& x) {
  std::string goal, met;
  if (x.goal != goal_kind::none) {
    goal = (x.goal == goal_kind::at_most ? "<= " : ">= ") + figure(x.limit);
    met = x.met() ? "yes" : "NO";
  }
  char text[300];
  std::snprintf(text, sizeof text, "%-58s %5s %10s %10s %7s %10s  %s\n",
                x.measure.c_str(), x.unit.c_str(), figure(x.baseline).c_str(),
                figure(x.value).c_str(), figure(x.ratio()).c_str(),
                goal.c_str(), met.c_str());
  std::string out = text;
  auto below = x.baseline_name.empty() ? "" : "baseline: " + x.baseline_name;
  if (!x.note.empty())
    below += (below.empty() ? "" : "; ") + x.note;
  if (!below.empty())
    out += "    " + below + '\n';
  return out;
}

} // namespace hansom::bench
