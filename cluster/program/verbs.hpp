#pragma once

#include "bench/fleet/fleet.hpp"
#include "bench/simulate/simulate.hpp"
#include "cluster/config/load.hpp"

#include <string>
#include <vector>

/// What each verb does, free of how its flags are spelled. All return an exit
/// code and print what the user should see.
namespace hansom::verbs {

/// Where a verb finds the node that it talks to.
struct target_options {
  std::string url;
  std::string token_file;
  std::string data = "hansom-data";
  bool json = false;
};

int start(const config_sources& from);

struct token_options {
  std::string role = "rider"; ///< rider, driver, viewer, operator.
  std::uint64_t subject = 1;
  std::string ttl = "24h";
  std::string jti; ///< What it can be revoked by; empty: none.
};
int token(const token_options& with, const config_sources& from);

struct token_revoke_options {
  target_options target;
  std::string user;   ///< "driver/7": all tokens issued before a moment.
  std::string before; ///< That moment, or how long ago; empty: now.
  std::string jti;    ///< Or this one token.
  std::string reason;
};
int token_revoke(const token_revoke_options& with);
int token_revocations(const target_options& with);

/// Prints a link that logs a browser in to the node's web console, once.
int console(const target_options& with);

int fleet_run(fleet::fleet_options with);
/// @param from the dispatch settings of the simulated node.
int simulate(simulate::simulate_options with, const config_sources& from);

struct check_options {
  std::string data = "hansom-data";
  std::string history;
  std::string stream; ///< What a consumer of the events has heard.
  bool json = false;
};
/// @param from where the store is; `data` names the folder of an embedded one.
int check(const check_options& with, const config_sources& from);

struct backup_options {
  std::string data = "hansom-data"; ///< Of an embedded store.
  std::string place;                ///< Where the copy goes, or comes from.
  bool base = false;   ///< PostgreSQL's files, for moments after this one.
  std::string until;   ///< Restore: this moment; empty: the copy's.
  std::string archive; ///< With `until`: PostgreSQL's log since the base.
};
/// Copies the store while a node works on it.
int backup(const backup_options& with, const config_sources& from);
/// Puts a copy where no store is, and checks it.
int restore(const backup_options& with, const config_sources& from);

int db_migrate(const config_sources& from);
int db_status(const config_sources& from, bool json);

int config_show(const config_sources& from);
int config_check(const config_sources& from);
int config_explain(const std::string& key);

struct actor_list_options {
  target_options target;
  std::string kind;
  std::string cell;  ///< All below this one.
  std::string shard; ///< A number; empty: any.
  std::string node;
  std::string state;
  std::string text;
  std::string sort = "mailbox";
  std::size_t limit = 20;
};
int actor_ls(const actor_list_options& with);
int actor_top(const actor_list_options& with, double every_s, int rounds);
int actor_show(const target_options& with, const std::string& who);

struct tree_options {
  target_options target;
  std::string cell; ///< Empty: all.
  std::size_t limit = 20;
};
int actor_tree(const tree_options& with);

struct tail_options {
  target_options target;
  std::string who;
  double seconds = 0;         ///< 0: until interrupted.
  std::uint64_t messages = 0; ///< 0: any number.
};
int actor_tail(const tail_options& with);

struct trace_options {
  target_options target;
  std::string trip;
  bool live = false;
  std::size_t messages = 200;
  std::size_t seconds = 30;
};
int actor_trace(const trace_options& with);

struct message_list_options {
  target_options target;
  std::string kind;
  std::string sort = "handled";
};
int actor_messages(const message_list_options& with);
/// @returns `exit_failed` when something is stuck at this moment.
int actor_stuck(const target_options& with);
int actor_deadletters(const target_options& with);

struct passivate_options {
  target_options target;
  std::string who;
  bool dry_run = false;
  bool yes = false; ///< Do not ask.
};
int actor_passivate(const passivate_options& with);

int cell_ls(const target_options& with);
int cell_show(const target_options& with, const std::string& cell);
struct trip_list_options {
  target_options target;
  std::string phase;
  std::string cell;
  std::string rider;
  std::string driver;
  std::size_t limit = 20;
};
int trip_ls(const trip_list_options& with);
int trip_show(const target_options& with, const std::string& trip);
int trip_why(const target_options& with, const std::string& trip);

struct trip_end_options {
  target_options target;
  std::string trip;
  std::string as;     ///< cancelled or completed.
  std::string reason; ///< Rider and driver read it.
  std::string id;     ///< Of this order; empty: a fresh one.
  bool yes = false;   ///< Do not ask.
};
/// Ends a trip whose driver does not. Asks first, unless `yes`.
int trip_end(const trip_end_options& with);

int help_exit_codes();

} // namespace hansom::verbs
