#include "cluster/program/exit_codes.hpp"
#include "cluster/program/ops_verbs.hpp"
#include "cluster/program/voice.hpp"

#include <nlohmann/json.hpp>

#include <iostream>

namespace hansom::verbs {

namespace {

/// Each asks the program itself what may follow, so that names are live and
/// verbs never out of date.
constexpr const char* bash_script = R"script(# eval "$(hansom completion bash)"
_hansom() {
  local IFS=$'\n'
  COMPREPLY=($(hansom completion words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _hansom hansom
)script";

constexpr const char* zsh_script = R"script(#compdef hansom
# eval "$(hansom completion zsh)"
_hansom() {
  local -a found
  found=(${(f)"$(hansom completion words "${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( ${#found} )); then compadd -- $found; else _files; fi
}
compdef _hansom hansom
)script";

constexpr const char* fish_script = R"script(# hansom completion fish | source
function __hansom_words
  set -l typed (commandline -opc) (commandline -ct)
  hansom completion words $typed[2..-1] 2>/dev/null
end
complete -c hansom -a '(__hansom_words)'
)script";

} // namespace

int completion(const std::string& shell) {
  if (shell == "bash")
    std::cout << bash_script;
  else if (shell == "zsh")
    std::cout << zsh_script;
  else
    std::cout << fish_script;
  return exit_done;
}

std::vector<std::string> completion_names(const target_options& target,
                                          const std::string& path) {
  constexpr long hurry_ms = 700;
  voice node{target, hurry_ms};
  nlohmann::json answer;
  std::vector<std::string> out;
  auto cells = path == "cell show";
  if (node.get(cells ? "/v1/admin/cells" : "/v1/admin/nodes", answer)
      != exit_done)
    return out;
  auto rows = answer.value(cells ? "cells" : "nodes", nlohmann::json::array());
  for (auto& x : rows)
    out.push_back(x.value(cells ? "cell" : "name", ""));
  return out;
}

} // namespace hansom::verbs
