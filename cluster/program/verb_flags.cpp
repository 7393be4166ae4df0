#include "cluster/program/verb_flags.hpp"

#include <CLI/CLI.hpp>

namespace hansom {

CLI::App& add_group(CLI::App& in, const char* name, const char* help) {
  auto* app = in.add_subcommand(name, help);
  app->require_subcommand(1);
  return *app;
}

CLI::App* add_verb(CLI::App& in, const char* name, const char* help,
                   std::function<int()>& run, std::function<int()> what) {
  auto* app = in.add_subcommand(name, help);
  app->callback([&run, what = std::move(what)] { run = what; });
  return app;
}

void add_target_flags(CLI::App* app, verbs::target_options& to) {
  app->add_option("--url", to.url, "Any node: http://127.0.0.1:7400")
    ->envname("HANSOM_URL");
  app->add_option("--token-file", to.token_file,
                  "A token of role operator, viewer or admin");
  app->add_option("--data", to.data, "Data folder of a node on this machine")
    ->envname("HANSOM_DATA")
    ->capture_default_str();
  app->add_flag("--json", to.json, "Print JSON");
}

} // namespace hansom
