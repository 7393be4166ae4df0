#include "bench/suite/scene.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

namespace hansom::bench {

std::unique_ptr<server>
scene::start(const std::vector<std::string>& set) const {
  std::filesystem::remove_all(data());
  return start_again(set);
}

std::unique_ptr<server>
scene::start_again(const std::vector<std::string>& set) const {
  std::filesystem::create_directories(data());
  const auto port = free_port();
  std::vector<std::string> arguments{"start", "--data", data(), "--port",
                                     std::to_string(port)};
  std::vector<std::string> settings{
    "gateway.handshakes_per_s=0", "gateway.positions_per_s=0",
    "gateway.commands_per_s=0", "gateway.connections_max=40000",
    "log.level=warn"};
  settings.insert(settings.end(), set.begin(), set.end());
  for (auto& x : settings)
    arguments.insert(arguments.end(), {"--set", x});
  auto out =
    std::make_unique<server>(hansom, arguments, port, folder + "/hansom.log");
  out->wait_until_open();
  return out;
}

std::string scene::how_to_profile(const std::string& section) {
  return "bench/run --profile " + section
         + "   (perf record -g of the server under this load)";
}

void scene::record(const server& whom, const std::string& name,
                   double seconds) const {
  if (!profile) {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    return;
  }
  const auto file = folder + '/' + name + ".perf";
  const auto recorder = ::fork();
  if (recorder == 0) {
    ::execlp("perf", "perf", "record", "-q", "-F", "299", "--call-graph",
             "dwarf,8192", "-o", file.c_str(), "-p",
             std::to_string(whom.pid()).c_str(), "--", "sleep",
             std::to_string(seconds).c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(recorder, &status, 0);
  std::fprintf(stderr, status == 0 ? "recorded %s\n" : "no profile in %s\n",
               file.c_str());
}

} // namespace hansom::bench
