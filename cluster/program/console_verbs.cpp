#include "cluster/admin/admin_client.hpp"
#include "cluster/program/exit_codes.hpp"
#include "cluster/program/verbs.hpp"

#include <nlohmann/json.hpp>

#include <iostream>

namespace hansom::verbs {

int console(const target_options& with) {
  admin_target target;
  std::string why;
  if (!find_target(with.url, with.token_file, with.data, target, why)) {
    std::cerr << "hansom: " << why << "\n  Start one:  hansom start\n";
    return exit_no_answer;
  }
  auto url = target.url;
  nlohmann::json answer;
  if (auto code = admin_client{std::move(target)}.post(
        "/v1/console/codes", nlohmann::json::object(), answer);
      code != exit_done)
    return code;
  auto link = url + "/console/#/login?code=" + answer.value("code", "");
  if (with.json) {
    std::cout << nlohmann::json{{"url", link},
                                {"seconds", answer.value("seconds", 0)}}
                   .dump(2)
              << '\n';
    return exit_done;
  }
  std::cerr << "Opens the console once, within "
            << answer.value("seconds", 0) / 60 << " min:\n";
  std::cout << link << '\n';
  return exit_done;
}

} // namespace hansom::verbs
