#include "bench/suite/row_json.hpp"

#include <nlohmann/json.hpp>

namespace hansom::bench {

namespace {

nlohmann::json known(double x) {
  return std::isfinite(x) ? nlohmann::json(x) : nlohmann::json();
}

double number(const nlohmann::json& x) {
  return x.is_number() ? x.get<double>() : row::unknown;
}

const char* name_of(goal_kind x) {
  switch (x) {
  case goal_kind::at_most:
    return "at most";
  case goal_kind::at_least:
    return "at least";
  case goal_kind::none:
    break;
  }
  return "";
}

} // namespace

nlohmann::json to_json(const row& x) {
  nlohmann::json out = {{"measure", x.measure},
                        {"unit", x.unit},
                        {"value", known(x.value)},
                        {"baseline_name", x.baseline_name},
                        {"baseline", known(x.baseline)},
                        {"ratio", known(x.ratio())},
                        {"goal", name_of(x.goal)},
                        {"limit", known(x.limit)},
                        {"note", x.note},
                        {"profile", x.profile}};
  if (x.goal != goal_kind::none)
    out["met"] = x.met();
  return out;
}

row row_of(const nlohmann::json& x) {
  row out;
  out.measure = x.at("measure");
  out.unit = x.at("unit");
  out.value = number(x.at("value"));
  out.baseline_name = x.at("baseline_name");
  out.baseline = number(x.at("baseline"));
  const std::string goal = x.at("goal");
  out.goal = goal == "at most"    ? goal_kind::at_most
             : goal == "at least" ? goal_kind::at_least
                                  : goal_kind::none;
  out.limit = number(x.at("limit"));
  out.note = x.at("note");
  out.profile = x.at("profile");
  return out;
}

} // namespace hansom::bench
