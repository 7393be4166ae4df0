#include "cluster/program/command_line.hpp"

#include "cluster/program/exit_codes.hpp"
#include "cluster/program/fleet_options.hpp"
#include "cluster/program/inspect_options.hpp"
#include "cluster/program/ops_options.hpp"
#include "cluster/program/simulate_options.hpp"
#include "cluster/program/stream_options.hpp"
#include "cluster/program/verb_flags.hpp"
#include "cluster/program/verbs.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <functional>
#include <iostream>

namespace hansom {

namespace {

/// What all verbs' flags are parsed into, and the verb that was chosen.
struct parsed {
  config_sources sources;
  std::string data;
  std::string port;
  std::string address;
  std::string policy;
  std::string level;
  verbs::target_options target;
  verbs::token_options token;
  verbs::token_revoke_options revoke;
  verbs::check_options check;
  inspect_options inspect;
  verbs::trip_end_options trip_end;
  fleet::fleet_options fleet;
  simulate::simulate_options simulate;
  verbs::backup_options backup;
  stream_tail_options stream_tail;
  verbs::ops_options ops;
  std::string name; ///< The verb's one argument.
  std::function<int()> run;
};

CLI::App* verb(CLI::App& in, const char* name, const char* help, parsed& p,
               std::function<int()> what) {
  return add_verb(in, name, help, p.run, std::move(what));
}

void add_settings_flags(CLI::App* app, parsed& p) {
  app->add_option("--config", p.sources.file, "TOML file; see hansom config")
    ->envname("HANSOM_CONFIG");
  app->add_option("--set", p.sources.flags,
                  "Any setting: --set dispatch.offer_timeout=20s");
}

void add_config_flags(CLI::App* app, parsed& p) {
  add_settings_flags(app, p);
  app->add_option("--data", p.data, "Folder of the store")
    ->envname("HANSOM_DATA");
}

void add_node_verbs(CLI::App& root, parsed& p) {
  auto* start = verb(root, "start",
                     "Run a node: store, actors, gateway.\n"
                     "  hansom start --data ./data --port 7400",
                     p, [&p] { return verbs::start(p.sources); });
  add_config_flags(start, p);
  start->add_option("--port", p.port, "Same as --set gateway.port=N");
  start->add_option("--address", p.address, "Same as --set gateway.address=A");
}

void add_console_verb(CLI::App& root, parsed& p) {
  add_target_flags(verb(root, "console",
                        "A link that opens the web console, once.\n"
                        "  hansom console --data ./data",
                        p, [&p] { return verbs::console(p.target); }),
                   p.target);
}

void add_revocation_verbs(CLI::App& token, parsed& p) {
  auto& x = p.revoke;
  auto* revoke = verb(token, "revoke",
                      "Tokens that count no longer, though they have not "
                      "expired.\n"
                      "  hansom token revoke --user driver/7",
                      p, [&p] { return verbs::token_revoke(p.revoke); });
  add_target_flags(revoke, x.target);
  revoke->add_option("--user", x.user,
                     "All tokens of driver/7, rider/7, operator/NAME");
  revoke->add_option("--before", x.before,
                     "That were issued before: 2026-11-22T21:30:00Z, or 10m "
                     "ago; now when left out");
  revoke->add_option("--jti", x.jti, "The one token with this claim jti");
  revoke->add_option("--reason", x.reason, "For who reads the list");
  add_target_flags(verb(token, "revocations", "List what has been revoked", p,
                        [&p] { return verbs::token_revocations(p.target); }),
                   p.target);
}

void add_token_verbs(CLI::App& root, parsed& p) {
  auto* token = root.add_subcommand(
    "token", "Issue a development token (never in production).\n"
             "  hansom token --role driver --subject 42");
  token->callback([&p, token] {
    // Called after that of a verb below it, which goes first.
    if (token->get_subcommands().empty())
      p.run = [&p] { return verbs::token(p.token, p.sources); };
  });
  add_config_flags(token, p);
  token
    ->add_option("--role", p.token.role,
                 "rider, driver, viewer, operator, admin")
    ->capture_default_str();
  token->add_option("--subject", p.token.subject, "Account number")
    ->capture_default_str();
  token->add_option("--ttl", p.token.ttl, "How long it is good")
    ->capture_default_str();
  token->add_option("--jti", p.token.jti, "A name to revoke it by");
  add_revocation_verbs(*token, p);
}

void add_config_verbs(CLI::App& root, parsed& p) {
  auto& config = add_group(root, "config", "Look at the settings");
  add_config_flags(verb(config, "show",
                        "Print the complete commented file as it would be used",
                        p, [&p] { return verbs::config_show(p.sources); }),
                   p);
  add_config_flags(verb(config, "check", "Validate without starting", p,
                        [&p] { return verbs::config_check(p.sources); }),
                   p);
  verb(config, "explain", "What one setting means", p,
       [&p] { return verbs::config_explain(p.name); })
    ->add_option("key", p.name, "Such as dispatch.offer_timeout")
    ->required();
}

void add_trip_end(CLI::App& trip, parsed& p) {
  auto& x = p.trip_end;
  auto* end = verb(trip, "end",
                   "End a trip whose driver does not; asks first.\n"
                   "  hansom trip end 00a1b2c3d4e5f607 --as completed --reason "
                   "\"driver lost his phone\"",
                   p, [&p] { return verbs::trip_end(p.trip_end); });
  add_target_flags(end, x.target);
  end->add_option("trip", x.trip, "Its id")->required();
  end
    ->add_option("--as", x.as,
                 "cancelled: nobody pays; completed: the promised fare")
    ->check(CLI::IsMember({"cancelled", "completed"}))
    ->required();
  end->add_option("--reason", x.reason, "Rider and driver read it")
    ->check([](const std::string& text) {
      return text.empty() || text.size() > 200 ? "expected 1 to 200 bytes"
                                               : std::string{};
    })
    ->required();
  end->add_option("--id", x.id,
                  "Name of this order: said again, it takes effect once");
  end->add_flag("--yes", x.yes, "Do not ask");
}

void add_quality_verbs(CLI::App& root, parsed& p) {
  auto& fleet = add_group(root, "fleet", "Simulated fleets");
  auto* run = add_fleet_run(fleet, p.fleet);
  run->parse_complete_callback(
    [&p] { p.run = [&p] { return verbs::fleet_run(p.fleet); }; });
  auto* simulate = add_simulate(root, p.simulate);
  simulate->parse_complete_callback(
    [&p] { p.run = [&p] { return verbs::simulate(p.simulate, p.sources); }; });
  add_settings_flags(simulate, p);
  simulate->add_option("--policy", p.policy, "Same as --set cell.policy=P");
  simulate->add_option("--level", p.level, "Same as --set cell.level=N");
  auto* check = verb(root, "check",
                     "Verify the invariants of a stopped node's store.\n"
                     "  hansom check --data ./data",
                     p, [&p] { return verbs::check(p.check, p.sources); });
  add_settings_flags(check, p);
  check->add_option("--data", p.check.data)
    ->envname("HANSOM_DATA")
    ->capture_default_str();
  check->add_option("--history", p.check.history,
                    "What a fleet was promised (fleet run --history)");
  check->add_option("--stream", p.check.stream,
                    "What a consumer has heard (stream tail --json)");
  check->add_flag("--json", p.check.json);
}

void add_database_verbs(CLI::App& root, parsed& p) {
  auto& db = add_group(root, "db", "The schema of a PostgreSQL store");
  add_settings_flags(verb(db, "migrate",
                          "Bring it to this program's version, as its owner.\n"
                          "  HANSOM_POSTGRES_URL=... hansom db migrate --set "
                          "store.engine=postgresql",
                          p, [&p] { return verbs::db_migrate(p.sources); }),
                     p);
  auto* status = verb(db, "status", "Which migrations are there", p, [&p] {
    return verbs::db_status(p.sources, p.check.json);
  });
  add_settings_flags(status, p);
  status->add_flag("--json", p.check.json);
}

void add_backup_verbs(CLI::App& root, parsed& p) {
  auto* backup = verb(root, "backup",
                      "Copy the store while the node runs. PostgreSQL: as its "
                      "owner, through pg_dump.\n"
                      "  hansom backup --data ./data --to /backups/",
                      p, [&p] { return verbs::backup(p.backup, p.sources); });
  backup
    ->add_option("--to", p.backup.place,
                 "A new file, or a folder that gets one named by the time")
    ->required();
  backup->add_flag(
    "--base", p.backup.base,
    "PostgreSQL's files, through pg_basebackup: with the archive "
    "of its log, every moment after it can be restored");
  auto* restore = verb(root, "restore",
                       "Put a copy where no store is, and check it.\n"
                       "  hansom restore --from copy.db --data ./new\n"
                       "  hansom restore --from hansom-....base --archive "
                       "/archive --until 2026-05-04T17:59:00Z --data ./new",
                       p, [&p] { return verbs::restore(p.backup, p.sources); });
  restore->add_option("--from", p.backup.place, "The copy")->required();
  restore->add_option("--until", p.backup.until,
                      "PostgreSQL: a moment after a base copy, or how long ago "
                      "(10m); --data is the new server's folder");
  restore->add_option("--archive", p.backup.archive,
                      "With --until: where archive_command puts the log");
  for (auto* app : {backup, restore}) {
    add_settings_flags(app, p);
    app->add_option("--data", p.backup.data, "Folder of an embedded store")
      ->envname("HANSOM_DATA")
      ->capture_default_str();
  }
}

/// --data and --port are short for settings; a short flag wins over --set.
void fold_short_flags(parsed& p) {
  auto& flags = p.sources.flags;
  if (!p.data.empty())
    flags.push_back("node.data=" + p.data);
  if (!p.port.empty())
    flags.push_back("gateway.port=" + p.port);
  if (!p.address.empty())
    flags.push_back("gateway.address=" + p.address);
  if (!p.policy.empty())
    flags.push_back("cell.policy=" + p.policy);
  if (!p.level.empty())
    flags.push_back("cell.level=" + p.level);
  p.sources.environment = config_environment();
}

} // namespace

int run_command_line(int argc, char** argv) {
  CLI::App root{"Hansom, a real-time ride dispatcher."};
  root.require_subcommand(1);
  root.set_version_flag("--version", HANSOM_VERSION);
  parsed p;
  add_node_verbs(root, p);
  add_token_verbs(root, p);
  add_console_verb(root, p);
  add_config_verbs(root, p);
  add_trip_end(add_inspection_verbs(root, p.inspect, p.run), p);
  add_quality_verbs(root, p);
  add_database_verbs(root, p);
  add_backup_verbs(root, p);
  add_ops_verbs(root, p.ops, p.run);
  auto* tail = add_stream_tail(root, p.stream_tail);
  tail->parse_complete_callback([&p] {
    p.run = [&p] { return verbs::stream_tail(p.stream_tail, p.sources); };
  });
  add_settings_flags(tail, p);
  auto& help = add_group(root, "help", "More help");
  verb(help, "exit-codes", "What exit codes mean", p, verbs::help_exit_codes);
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    // The parser misses a verb before it looks at what stands in its place.
    if (argc > 1 && argv[1][0] != '-'
        && root
             .get_subcommands(
               [&](CLI::App* x) { return x->check_name(argv[1]); })
             .empty()) {
      std::cerr << "hansom: unknown verb \"" << argv[1]
                << "\"; hansom --help lists them\n";
      return exit_usage;
    }
    auto code = root.exit(e);
    return code == 0 ? exit_done : exit_usage;
  } catch (const std::exception& e) {
    std::cerr << "hansom: " << e.what() << '\n';
    return exit_usage;
  }
  fold_short_flags(p);
  return p.run();
}

} // namespace hansom
