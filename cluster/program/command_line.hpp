#pragma once

namespace hansom {

/// The whole program: reads the command line and runs the verb that it names.
/// @returns the exit code.
int run_command_line(int argc, char** argv);

} // namespace hansom
