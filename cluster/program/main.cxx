#include "cluster/program/command_line.hpp"

int main(int argc, char** argv) {
  return hansom::run_command_line(argc, argv);
}
