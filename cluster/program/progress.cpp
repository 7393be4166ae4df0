#include "cluster/program/progress.hpp"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <iostream>

namespace hansom {

std::string progress::line(std::size_t done, double seconds) {
  if (done != done_) {
    done_ = done;
    moved_at_ = seconds;
  }
  auto out = what_ + "  " + std::to_string(done) + '/' + std::to_string(total_);
  if (done == 0 || seconds < 0.5 || done >= total_)
    return out;
  auto rate = static_cast<double>(done) / seconds;
  auto left = static_cast<double>(total_ - done) / rate;
  char text[80];
  std::snprintf(text, sizeof text, "  %.1f/s  about %.0f s left", rate,
                std::ceil(left));
  return out + text;
}

void progress::show(std::size_t done, double seconds, const std::string& more) {
  auto before = done_;
  auto text = line(done, seconds) + (more.empty() ? "" : "  " + more);
  if (::isatty(STDERR_FILENO) != 0) {
    std::cerr << "\r  " << text << "\033[K" << std::flush;
    open_ = true;
  } else if (shown_.empty() || done != before) {
    std::cerr << "  " << text << '\n';
  }
  shown_ = text;
}

void progress::finish() {
  if (open_)
    std::cerr << '\n';
  open_ = false;
}

} // namespace hansom
