#include "cluster/program/ask.hpp"

#include "cluster/admin/admin_client.hpp"
#include "cluster/program/exit_codes.hpp"

#include <nlohmann/json.hpp>

#include <iostream>

namespace hansom::verbs {

namespace {

/// Longer than the node itself waits before it answers that it does not know.
constexpr long order_timeout_ms = 12'000;

bool find(const target_options& with, admin_target& out) {
  std::string why;
  if (find_target(with.url, with.token_file, with.data, out, why))
    return true;
  std::cerr << "hansom: " << why << "\n  Start one:  hansom start\n";
  return false;
}

} // namespace

int ask(const target_options& with, const std::string& path,
        nlohmann::json& out) {
  admin_target target;
  return find(with, target) ? admin_client{target}.get(path, out)
                            : exit_no_answer;
}

int order(const target_options& with, const std::string& path,
          const nlohmann::json& body, nlohmann::json& out) {
  admin_target target;
  return find(with, target)
           ? admin_client{target, order_timeout_ms}.post(path, body, out)
           : exit_no_answer;
}

} // namespace hansom::verbs
