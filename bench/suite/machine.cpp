#include "bench/suite/machine.hpp"

#include "persistence/sqlite/database.hpp"

#include <boost/version.hpp>
#include <caf/config.hpp>
#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <thread>

namespace hansom::bench {

namespace {

std::string processor() {
  std::ifstream in{"/proc/cpuinfo"};
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("model name"))
      return line.substr(line.find(':') + 2);
  return "unknown";
}

std::string kernel() {
  utsname x{};
  ::uname(&x);
  return std::string{x.sysname} + ' ' + x.release;
}

std::string sqlite_version() {
  store::sqlite::database db{":memory:", store::sqlite::database::mode::create};
  store::sqlite::statement ask{db, "SELECT sqlite_version()"};
  return ask.step() ? ask.text(0) : "unknown";
}

std::string three_numbers(int x, int major, int minor) {
  return std::to_string(x / major) + '.' + std::to_string(x / minor % 100)
         + (minor == 100 ? "." + std::to_string(x % 100) : "");
}

std::string now_text() {
  const auto now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%FT%TZ", std::gmtime(&now));
  return text;
}

} // namespace

nlohmann::json about_this_run(const std::string& revision) {
  double load[1] = {0};
  getloadavg(load, 1);
  return {{"at", now_text()},
          {"revision", revision},
          {"cores", std::thread::hardware_concurrency()},
          {"processor", processor()},
          {"kernel", kernel()},
          {"load_before", load[0]},
          {"compiler", "g++ " __VERSION__},
          {"caf", three_numbers(CAF_VERSION, 10000, 100)},
          {"boost", std::to_string(BOOST_VERSION / 100000) + '.'
                      + std::to_string(BOOST_VERSION / 100 % 1000)},
          {"sqlite", sqlite_version()},
          {"openssl", OpenSSL_version(OPENSSL_VERSION)}};
}

std::string describe(const nlohmann::json& about) {
  std::string out;
  for (auto& [name, value] : about.items())
    out += name + ": "
           + (value.is_string() ? value.get<std::string>() : value.dump())
           + '\n';
  if (about.at("load_before") > 0.5)
    out += "The machine was busy before this run began; do not trust it with "
           "more than orders of magnitude.\n";
  return out;
}

} // namespace hansom::bench
