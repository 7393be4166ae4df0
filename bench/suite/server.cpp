#include "bench/suite/server.hpp"

#include "bench/micro/memory.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace hansom::bench {

namespace {

using namespace std::chrono_literals;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

struct descriptor {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ~descriptor() {
    ::close(fd);
  }
};

bool connect_to(const descriptor& s, std::uint16_t port) {
  const auto at = loopback(port);
  return ::connect(s.fd, reinterpret_cast<const sockaddr*>(&at), sizeof at)
         == 0;
}

/// What is measured must not depend on whose shell it was started from.
void forget_settings() {
  std::vector<std::string> names;
  for (char** x = environ; *x != nullptr; ++x)
    if (std::string_view text{*x}; text.starts_with("HANSOM_"))
      names.emplace_back(text.substr(0, text.find('=')));
  for (auto& x : names)
    ::unsetenv(x.c_str());
}

void become(const std::string& program,
            const std::vector<std::string>& arguments, const std::string& log) {
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(out, 1);
  ::dup2(out, 2);
  forget_settings();
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (auto& x : arguments)
    argv.push_back(const_cast<char*>(x.c_str()));
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  std::perror(program.c_str());
}

} // namespace

std::uint16_t free_port() {
  descriptor s;
  auto at = loopback(0);
  socklen_t size = sizeof at;
  if (::bind(s.fd, reinterpret_cast<sockaddr*>(&at), size) != 0
      || ::getsockname(s.fd, reinterpret_cast<sockaddr*>(&at), &size) != 0)
    throw std::runtime_error{"no free port"};
  return ntohs(at.sin_port);
}

server::server(const std::string& program,
               const std::vector<std::string>& arguments, std::uint16_t port,
               const std::string& log)
  : server{[&] { become(program, arguments, log); }, port} {
}

server::server(const std::function<void()>& body, std::uint16_t port)
  : port_{port} {
  std::fflush(nullptr);
  pid_ = ::fork();
  if (pid_ < 0)
    throw std::runtime_error{"no process"};
  if (pid_ > 0)
    return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL); // Nobody else would end it.
  body();
  ::_exit(1);
}

server::~server() {
  ::kill(pid_, SIGTERM);
  for (int i = 0; i < 100; ++i) {
    if (::waitpid(pid_, nullptr, WNOHANG) != 0)
      return;
    std::this_thread::sleep_for(100ms);
  }
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void server::wait_until_open() {
  for (int i = 0; i < 200; ++i) {
    if (descriptor s; connect_to(s, port_))
      return;
    if (::waitpid(pid_, nullptr, WNOHANG) != 0)
      throw std::runtime_error{"the server has ended; see its log"};
    std::this_thread::sleep_for(50ms);
  }
  throw std::runtime_error{"the server takes no connections"};
}

double server::cpu_seconds() const {
  std::ifstream in{"/proc/" + std::to_string(pid_) + "/stat"};
  std::string text;
  std::getline(in, text);
  // The name may hold anything, so count from the last bracket.
  std::istringstream rest{text.substr(text.rfind(')') + 2)};
  std::string skipped;
  for (int i = 0; i < 11; ++i)
    rest >> skipped;
  double user = 0, kernel = 0;
  rest >> user >> kernel;
  return (user + kernel) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double server::memory() const {
  return anonymous_memory(pid_);
}

std::string server::get(const std::string& path,
                        const std::string& token) const {
  descriptor s;
  timeval limit{20, 0};
  ::setsockopt(s.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (!connect_to(s, port_))
    throw std::runtime_error{"cannot ask the server for " + path};
  std::string request = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  if (!token.empty())
    request += "Authorization: Bearer " + token + "\r\n";
  request += "Connection: close\r\n\r\n";
  if (::send(s.fd, request.data(), request.size(), MSG_NOSIGNAL)
      != static_cast<ssize_t>(request.size()))
    throw std::runtime_error{"cannot ask the server for " + path};
  std::string answer;
  char part[65536];
  for (ssize_t n = 0; (n = ::recv(s.fd, part, sizeof part, 0)) > 0;)
    answer.append(part, static_cast<std::size_t>(n));
  const auto body = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 200") || body == answer.npos)
    throw std::runtime_error{path + ": " + answer.substr(0, answer.find('\r'))};
  return answer.substr(body + 4);
}

metrics::metrics(const std::string& text) {
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    const auto space = line.rfind(' ');
    if (line.starts_with('#') || space == line.npos)
      continue;
    all_[line.substr(0, space)] = std::strtod(line.c_str() + space, nullptr);
  }
}

double metrics::of(const std::string& name) const {
  auto found = all_.find(name);
  return found == all_.end() ? 0 : found->second;
}

} // namespace hansom::bench
