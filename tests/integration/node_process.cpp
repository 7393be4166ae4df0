#include "tests/integration/node_process.hpp"

#include "cluster/admin/node_file.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace hansom::testing {

namespace {

constexpr std::chrono::seconds start_within{30};
constexpr std::chrono::milliseconds look_every{20};

std::string content(const std::string& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

node_process::node_process(const std::vector<std::string>& settings)
  : settings_{settings} {
  auto pattern =
    (std::filesystem::temp_directory_path() / "hansom-test.XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error{"cannot make " + pattern};
  folder_ = pattern;
  run();
  wait_until_it_serves();
}

node_process::~node_process() {
  int status = 0;
  if (pid_ > 0 && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    std::cerr << "the node ended by itself, wait status " << status
              << "; its log:\n"
              << content(folder_ + "/log");
    pid_ = 0;
  }
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void node_process::kill_and_restart() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
  run();
  wait_until_it_serves();
}

void node_process::run() {
  std::vector<std::string> words{HANSOM_PROGRAM, "start",  "--data",
                                 folder_,        "--port", "0"};
  for (const auto& x : settings_) {
    words.emplace_back("--set");
    words.push_back(x);
  }
  std::vector<char*> arguments;
  for (auto& x : words)
    arguments.push_back(x.data());
  arguments.push_back(nullptr);
  auto log = folder_ + "/log";
  pid_ = ::fork();
  if (pid_ != 0)
    return;
  // From here on in the child: nothing but system calls.
  auto out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

void node_process::wait_until_it_serves() {
  auto until = std::chrono::steady_clock::now() + start_within;
  while (std::chrono::steady_clock::now() < until) {
    if (auto found = read_node_file(folder_); found && found->pid == pid_) {
      port_ = static_cast<std::uint16_t>(
        std::stoi(found->url.substr(found->url.rfind(':') + 1)));
      return;
    }
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = 0;
      break;
    }
    std::this_thread::sleep_for(look_every);
  }
  auto said = content(folder_ + "/log");
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
  throw std::runtime_error{"the node did not start: " + said};
}

std::string node_process::key() const {
  std::ifstream in{dev_key_path(folder_)};
  std::string word;
  in >> word;
  return word;
}

void node_process::terminate() const {
  ::kill(pid_, SIGTERM);
}

int node_process::wait(std::chrono::milliseconds within) {
  auto until = std::chrono::steady_clock::now() + within;
  while (std::chrono::steady_clock::now() < until) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    std::this_thread::sleep_for(look_every);
  }
  return -1;
}

} // namespace hansom::testing
