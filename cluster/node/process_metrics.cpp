#include "cluster/node/ride_metrics.hpp"
#include "gateway/metrics/metric_families.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>

namespace hansom {

namespace {

using metric::add;
using metric::counters;
using metric::families;
using metric::gauges;

double cpu_seconds() {
  rusage x{};
  getrusage(RUSAGE_SELF, &x);
  auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(x.ru_utime) + seconds(x.ru_stime);
}

/// Bytes; 0 where /proc is missing.
double resident_bytes() {
  long pages = 0, resident = 0;
  if (auto* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%ld %ld", &pages, &resident) != 2)
      resident = 0;
    std::fclose(file);
  }
  return static_cast<double>(resident)
         * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
  auto* folder = opendir("/proc/self/fd");
  if (folder == nullptr)
    return 0;
  double n = -3; // Itself, "." and "..".
  while (readdir(folder) != nullptr)
    ++n;
  closedir(folder);
  return n;
}

class process_collector final : public prometheus::Collectable {
public:
  explicit process_collector(std::string node) : node_{std::move(node)} {
  }

  [[nodiscard]] families Collect() const override {
    families out;
    add(gauges(out, "hansom_node_info", "Always 1; who this node is."), 1,
        {{"name", node_}, {"version", HANSOM_VERSION}});
    add(counters(out, "process_cpu_seconds_total",
                 "User and system time of the process."),
        cpu_seconds());
    add(gauges(out, "process_resident_memory_bytes",
               "Memory of the process that is in RAM."),
        resident_bytes());
    add(gauges(out, "process_open_fds", "Open descriptors."),
        open_descriptors());
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    add(gauges(out, "process_max_fds", "Descriptors that may be open."),
        static_cast<double>(limit.rlim_cur));
    add(gauges(out, "process_start_time_seconds",
               "When the process began, since 1970."),
        static_cast<double>(began_));
    return out;
  }

private:
  std::string node_;
  std::time_t began_ = std::time(nullptr);
};

} // namespace

std::shared_ptr<prometheus::Collectable>
make_process_collector(std::string node) {
  return std::make_shared<process_collector>(std::move(node));
}

} // namespace hansom
