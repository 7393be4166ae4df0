#include "cluster/admin/node_file.hpp"
#include "cluster/config/duration_text.hpp"
#include "cluster/node/wall_clock.hpp"
#include "cluster/program/ask.hpp"
#include "cluster/program/exit_codes.hpp"
#include "cluster/program/moment.hpp"
#include "cluster/program/table.hpp"
#include "cluster/program/verbs.hpp"
#include "gateway/access/token.hpp"

#include <nlohmann/json.hpp>

#include <iostream>

namespace hansom::verbs {

namespace {

constexpr const char* revocations_path = "/v1/admin/revocations";

std::string moment_of(const nlohmann::json& row, const char* name) {
  auto ms = row.value(name, std::int64_t{0});
  return ms == 0 ? "-" : moment_text({ms});
}

} // namespace

int token(const token_options& with, const config_sources& from) {
  settings loaded;
  auto errors = load_settings(from, loaded);
  for (auto& e : errors)
    std::cerr << e << '\n';
  if (!errors.empty())
    return exit_usage;
  if (loaded.node.production) {
    std::cerr << "hansom: node.production is set: tokens come from your "
                 "identity provider, not from hansom token\n";
    return exit_refused;
  }
  client_role role{};
  if (!parse_role(with.role, role)) {
    std::cerr << "hansom: unknown role \"" << with.role
              << "\"; try rider, driver, viewer, operator or admin\n";
    return exit_usage;
  }
  milliseconds ttl{0};
  if (!parse_duration(with.ttl, ttl) || ttl.count() == 0) {
    std::cerr << "hansom: --ttl: expected a duration such as 24h, found \""
              << with.ttl << "\"\n";
    return exit_usage;
  }
  try {
    auto now = wall_clock_now();
    std::cout << issue_token(ensure_dev_key(loaded.node.data), role,
                             std::to_string(with.subject), now + ttl, now,
                             with.jti)
              << '\n';
  } catch (const std::exception& e) {
    std::cerr << "hansom: " << e.what() << '\n';
    return exit_failed;
  }
  return exit_done;
}

int token_revoke(const token_revoke_options& with) {
  nlohmann::json body = nlohmann::json::object();
  if (with.user.empty() == with.jti.empty()) {
    std::cerr << "hansom: whose? --user driver/7 for all tokens of one, or "
                 "--jti ID for one token\n";
    return exit_usage;
  }
  body[with.user.empty() ? "jti" : "user"] =
    with.user.empty() ? with.jti : with.user;
  if (!with.before.empty()) {
    timestamp before;
    if (!parse_moment(with.before, wall_clock_now(), before)) {
      std::cerr << "hansom: --before: expected a time such as "
                   "2026-11-22T21:30:00Z, or how long ago, such as 10m; found "
                   "\""
                << with.before << "\"\n";
      return exit_usage;
    }
    body["before"] = before.ms;
  }
  if (!with.reason.empty())
    body["reason"] = with.reason;
  nlohmann::json answer;
  if (auto code = order(with.target, revocations_path, body, answer);
      code != exit_done)
    return code;
  if (with.target.json) {
    std::cout << answer.dump(2) << '\n';
    return exit_done;
  }
  std::cout << "Revoked, durably: " << answer.value("name", "");
  if (with.jti.empty())
    std::cout << ", tokens issued before "
              << moment_of(answer, "issued_before");
  std::cout << ".\n  look   hansom token revocations\n";
  return exit_done;
}

int token_revocations(const target_options& with) {
  nlohmann::json all = nlohmann::json::array();
  std::uint64_t last = 0;
  for (;;) {
    nlohmann::json page;
    auto path =
      std::string{revocations_path} + "?after=" + std::to_string(last);
    if (auto code = ask(with, path, page); code != exit_done)
      return code;
    auto& rows = page["revocations"];
    if (rows.empty())
      break;
    last = page.value("last", last);
    all.insert(all.end(), rows.begin(), rows.end());
  }
  if (with.json) {
    std::cout << all.dump(2) << '\n';
    return exit_done;
  }
  std::vector<std::vector<std::string>> rows;
  for (auto& x : all)
    rows.push_back({x.value("name", ""), moment_of(x, "issued_before"),
                    moment_of(x, "at"), moment_of(x, "until"),
                    x.value("by", ""), x.value("reason", "")});
  print_table(
    std::cout,
    {"name", "issued before", "said at", "kept until", "by", "reason"}, rows);
  return exit_done;
}

} // namespace hansom::verbs
