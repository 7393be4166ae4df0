#pragma once

#include "cluster/program/verbs.hpp"

#include <functional>

namespace CLI { // NOLINT(readability-identifier-naming): a library names it.
class App;
}

/// How every verb is declared, whichever file it is in.
namespace hansom {

/// A group such as `hansom actor`, which needs a verb after it.
CLI::App& add_group(CLI::App& in, const char* name, const char* help);

/// A verb that puts what it does into `run` when it is chosen.
/// @param run must outlive the parser.
CLI::App* add_verb(CLI::App& in, const char* name, const char* help,
                   std::function<int()>& run, std::function<int()> what);

/// The flags that say which node is asked, and how the answer is printed.
void add_target_flags(CLI::App* app, verbs::target_options& to);

} // namespace hansom
