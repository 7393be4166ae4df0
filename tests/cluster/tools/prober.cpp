// One driver far from everybody who starts and ends his shift without end: a
// durable command every 50 ms. What he hears, and when, tells from outside how
// long a node did not serve. One line per command:
//
//   ack SENT ANSWERED            both in microseconds of the wall clock
//   refused SENT ANSWERED CODE   an error; the command is sent again, same id
//   lost SENT NOW REASON         the connection ended before the answer
//
// SENT is when the answered command was last put on the wire. Ends by itself
// after --seconds, or with the process that started it. With several --url it
// goes to the next when a connection ends or says nothing for --silence
// seconds.

#include "bench/fleet/server_frame.hpp"
#include "bench/fleet/token.hpp"
#include "bench/fleet/ws_loop.hpp"
#include "protocol/json.hpp"

#include <sys/prctl.h>

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
  std::int64_t every_us = 50'000;
  std::int64_t seconds = 3600;
  std::int64_t silence_us = 15'000'000;
};

class prober final : public fleet::ws_loop::listener {
public:
  using link_id = fleet::ws_loop::link_id;

  explicit prober(const options& with)
    : with_{with}, secret_{fleet::read_key_file(with.key_file)},
      loop_{with.to, 1, 1}, run_{"probe" + std::to_string(now_us())} {
  }

  void run() {
    const auto end = now_us() + with_.seconds * 1'000'000;
    while (now_us() < end) {
      const auto now = now_us();
      if (!online_ && !connecting_ && now >= again_us_) {
        connecting_ = true;
        silent_since_us_ = now;
        loop_.open(0, false, place_);
      }
      if (online_ && !waiting_ && now >= again_us_)
        send();
      if ((waiting_ || connecting_)
          && now - silent_since_us_ > with_.silence_us) {
        // A command may wait in the node while its store is away; a node that
        // says nothing at all for so long is as good as gone.
        loop_.abort(0);
        on_closed(0, 0, "silent");
      }
      loop_.poll(5, *this);
    }
  }

  void on_open(link_id) override {
    hello body;
    body.token = fleet::make_token(secret_, "driver", with_.driver,
                                   now_us() / 1'000'000, 24 * 3600);
    loop_.send(0, encode_frame("", body));
  }

  void on_text(link_id, std::string_view text) override {
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

  void on_closed(link_id, std::uint16_t code,
                 std::string_view reason) override {
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
  [[nodiscard]] std::string id() const {
    return run_ + '-' + std::to_string(number_);
  }

  void send() {
    const auto text = number_ % 2 == 1 ? encode_frame(id(), shift_start{})
                                       : encode_frame(id(), shift_end{});
    waiting_ = true;
    sent_us_ = silent_since_us_ = now_us();
    loop_.send(0, text);
  }

  void answered(const fleet::server_frame& frame) {
    waiting_ = false;
    again_us_ = sent_us_ + with_.every_us;
    if (frame.kind == fleet::frame_kind::ack) {
      note("ack");
      ++number_;
    } else {
      note("refused", frame.code);
      again_us_ = now_us() + with_.every_us;
      if (!frame.temporary)
        ++number_; // Already so; the other way round is next.
    }
  }

  void note(const char* what, const std::string& more = {}) const {
    std::printf("%s %lld %lld %s\n", what, static_cast<long long>(sent_us_),
                static_cast<long long>(now_us()), more.c_str());
    std::fflush(stdout);
  }

  options with_;
  std::string secret_;
  fleet::ws_loop loop_;
  std::string run_;
  std::uint64_t number_ = 1;
  bool connecting_ = false;
  bool online_ = false;
  bool waiting_ = false;
  std::uint32_t place_ = 0;
  std::int64_t sent_us_ = 0;
  std::int64_t again_us_ = 0;
  std::int64_t silent_since_us_ = 0;
};

int usage(const std::string& wrong) {
  std::fprintf(
    stderr,
    "prober: %s; try: prober --url ws://127.0.0.1:PORT/v1/ws "
    "[--url ...] --dev-key-file DATA/dev.key [--driver ID] [--every-ms N] "
    "[--seconds N]\n",
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
    else if (name == "--silence")
      with.silence_us = 1'000'000 * std::strtoll(value.c_str(), nullptr, 10);
    else
      return usage("unknown flag " + name);
  }
  if (urls.empty() || with.key_file.empty() || with.every_us <= 0)
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
