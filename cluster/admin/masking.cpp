#include "cluster/admin/masking.hpp"

#include "cluster/admin/rights.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace hansom {

namespace {

using document = nlohmann::json;

/// About a kilometre.
double coarse(double degrees) {
  return std::round(degrees * 100) / 100;
}

void mask(document& x, const std::vector<std::string_view>& personal) {
  if (x.is_array())
    for (auto& item : x)
      mask(item, personal);
  if (!x.is_object())
    return;
  for (auto& [name, value] : x.items()) {
    if (std::find(personal.begin(), personal.end(), name) != personal.end())
      value = value.empty() ? value : document("***");
    else if ((name == "lat" || name == "lon") && value.is_number())
      value = coarse(value.get<double>());
    else
      mask(value, personal);
  }
}

} // namespace

document masked(const std::string& state, entity_kind kind, client_role who) {
  auto x = document::parse(state, nullptr, false);
  if (x.is_discarded())
    return state;
  if (!gives_orders(who))
    mask(x, describe_kind(kind).personal);
  return x;
}

} // namespace hansom
