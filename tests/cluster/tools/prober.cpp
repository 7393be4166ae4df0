// Drivers far from everybody who start and end their shifts without end: a
// durable command every 50 ms. What they hear, and when, tells from outside how
// long nodes did not serve. One line per command:
//
//   ack SENT ANSWERED - DRIVER       both in microseconds of the wall clock
//   refused SENT ANSWERED CODE DRIVER   an error; the command is sent again,
//                                       same id
//   lost SENT NOW REASON DRIVER      the connection ended before the answer
//
// SENT is when the answered command was last put on the wire. With several
// --url a driver goes to the next when its connection ends, or says nothing for
// --silence seconds. Ends by itself after --seconds, or with the process that
// started it.

#include "bench/fleet/server_frame.hpp"
#include "bench/fleet/token.hpp"
#include "bench/fleet/ws_loop.hpp"
#include "protocol/json/json.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string>
#include <vector>

namespace {

using namespace hansom;

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
           std::chrono::system_clock::now().time_since_epoch())
    .count();
}

struct options {
  std::vector<hansom::fleet::endpoint> to;
  std::string key_file;
  std::uint64_t driver = 9'000'001;
  std::uint32_t drivers = 1;
  std::int64_t every_us = 50'000;
  std::int64_t seconds = 3600;
  std::int64_t silence_us = 15'000'000;
};

/// What they have in common.
struct surroundings {
  options with;
  std::string secret;
  std::string run;
  fleet::ws_loop loop;
};

/// One driver.
class voice {
public:
  voice(surroundings& all, std::uint32_t link) : all_{all}, link_{link} {
    place_ = link;
  }

  void look(std::int64_t now) {
    if (!online_ && !connecting_ && now >= again_us_) {
      connecting_ = true;
      silent_since_us_ = now;
      all_.loop.open(link_, false, place_);
    }
    if (online_ && !waiting_ && now >= again_us_)
      send();
    const auto patience = connecting_
                            ? std::min(connect_us, all_.with.silence_us)
                            : all_.with.silence_us;
    if ((waiting_ || connecting_) && now - silent_since_us_ > patience) {
      // A command may wait in the node while its store is away; a node that
      // says nothing at all for so long is as good as gone.
      all_.loop.abort(link_);
      closed(0, "silent");
    }
  }

  void opened() {
    hello body;
    body.token = fleet::make_token(all_.secret, "driver", driver(),
                                   now_us() / 1'000'000, 24 * 3600);
    all_.loop.send(link_, encode_frame("", body));
  }

  void heard(std::string_view text) {
    fleet::server_frame frame;
    std::string why;
    if (!fleet::read_frame(text, true, frame, why))
      return note("lost", "unreadable-frame");
    if (frame.kind == fleet::frame_kind::welcome) {
      connecting_ = false;
      online_ = true;
      again_us_ = 0;
    } else if (waiting_ && frame.re == id()) {
      answered(frame);
    }
  }

  void closed(std::uint16_t code, std::string_view reason) {
    if (waiting_) {
      std::string why{reason};
      for (auto& c : why)
        c = c == ' ' ? '-' : c;
      note("lost", code == 0 ? why : std::to_string(code));
    }
    waiting_ = online_ = connecting_ = false;
    ++place_; // Whoever serves will do.
    again_us_ = now_us() + 20'000;
  }

private:
  /// For a welcome; then another server may be nearer.
  static constexpr std::int64_t connect_us = 2'000'000;

  [[nodiscard]] std::uint64_t driver() const {
    return all_.with.driver + link_;
  }

  [[nodiscard]] std::string id() const {
    return all_.run + '-' + std::to_string(number_);
  }

  void send() {
    const auto text = number_ % 2 == 1 ? encode_frame(id(), shift_start{})
                                       : encode_frame(id(), shift_end{});
    waiting_ = true;
    sent_us_ = silent_since_us_ = now_us();
    all_.loop.send(link_, text);
  }

  void answered(const fleet::server_frame& frame) {
    waiting_ = false;
    again_us_ = sent_us_ + all_.with.every_us;
    if (frame.kind == fleet::frame_kind::ack) {
      note("ack", "-");
      ++number_;
    } else {
      note("refused", frame.code);
      again_us_ = now_us() + all_.with.every_us;
      if (!frame.temporary)
        ++number_; // Already so; the other way round is next.
    }
  }

  void note(const char* what, const std::string& more) const {
    std::printf("%s %lld %lld %s %llu\n", what,
                static_cast<long long>(sent_us_),
                static_cast<long long>(now_us()), more.c_str(),
                static_cast<unsigned long long>(driver()));
    std::fflush(stdout);
  }

  surroundings& all_;
  std::uint32_t link_;
  std::uint64_t number_ = 1;
  bool connecting_ = false;
  bool online_ = false;
  bool waiting_ = false;
  std::uint32_t place_ = 0;
  std::int64_t sent_us_ = 0;
  std::int64_t again_us_ = 0;
  std::int64_t silent_since_us_ = 0;
};

class prober final : public fleet::ws_loop::listener {
public:
  using link_id = fleet::ws_loop::link_id;

  explicit prober(const options& with)
    : all_{with, fleet::read_key_file(with.key_file),
           "probe" + std::to_string(now_us()),
           fleet::ws_loop{with.to, with.drivers, 1}} {
    for (std::uint32_t i = 0; i < with.drivers; ++i)
      voices_.emplace_back(all_, i);
  }

  void run() {
    const auto end = now_us() + all_.with.seconds * 1'000'000;
    for (auto now = now_us(); now < end; now = now_us()) {
      for (auto& x : voices_)
        x.look(now);
      all_.loop.poll(5, *this);
    }
  }

  void on_open(link_id link) override {
    voices_[link].opened();
  }
  void on_text(link_id link, std::string_view text) override {
    voices_[link].heard(text);
  }
  void on_closed(link_id link, std::uint16_t code,
                 std::string_view reason) override {
    voices_[link].closed(code, reason);
  }

private:
  surroundings all_;
  std::vector<voice> voices_;
};

int usage(const std::string& wrong) {
  std::fprintf(
    stderr,
    "prober: %s; try: prober --url ws://127.0.0.1:PORT/v1/ws "
    "[--url ...] --dev-key-file DATA/dev.key [--driver ID] [--drivers N] "
    "[--every-ms N] [--silence S] [--seconds N]\n",
    wrong.c_str());
  return 2;
}

} // namespace

int main(int argc, char** argv) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  std::map<std::string, std::string> given;
  std::vector<std::string> urls;
  for (int i = 1; i < argc; i += 2) {
    std::string name = argv[i];
    if (i + 1 >= argc)
      return usage(name + " needs a value");
    if (name == "--url")
      urls.emplace_back(argv[i + 1]);
    else
      given[name] = argv[i + 1];
  }
  options with;
  for (auto& [name, value] : given) {
    if (name == "--dev-key-file")
      with.key_file = value;
    else if (name == "--driver")
      with.driver = std::strtoull(value.c_str(), nullptr, 10);
    else if (name == "--every-ms")
      with.every_us = 1000 * std::strtoll(value.c_str(), nullptr, 10);
    else if (name == "--seconds")
      with.seconds = std::strtoll(value.c_str(), nullptr, 10);
    else if (name == "--drivers")
      with.drivers =
        static_cast<std::uint32_t>(std::strtoul(value.c_str(), nullptr, 10));
    else if (name == "--silence")
      with.silence_us = 1'000'000 * std::strtoll(value.c_str(), nullptr, 10);
    else
      return usage("unknown flag " + name);
  }
  if (urls.empty() || with.key_file.empty() || with.every_us <= 0
      || with.drivers == 0)
    return usage("--url and --dev-key-file are needed");
  try {
    for (auto& url : urls)
      with.to.push_back(fleet::parse_url(url));
    prober{with}.run();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "prober: %s\n", e.what());
    return 1;
  }
  return 0;
}
