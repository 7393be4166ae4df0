#include "cluster/program/voice.hpp"

#include "cluster/program/exit_codes.hpp"

#include <nlohmann/json.hpp>
#include <time.h>

#include <algorithm>
#include <csignal>
#include <iostream>

namespace hansom::verbs {

namespace {

volatile std::sig_atomic_t was_interrupted = 0;

extern "C" void note_interrupt(int) {
  was_interrupted = 1;
  std::signal(SIGINT, SIG_DFL);
}

} // namespace

voice::voice(const target_options& with, long timeout_ms)
  : with_{with}, timeout_ms_{timeout_ms}, urls_{with.url} {
}

int voice::get(const std::string& path, nlohmann::json& out) {
  return ask(path, nullptr, out);
}

int voice::post(const std::string& path, const nlohmann::json& body,
                nlohmann::json& out) {
  return ask(path, &body, out);
}

int voice::ask(const std::string& path, const nlohmann::json* body,
               nlohmann::json& out) {
  std::string first;
  for (std::size_t i = 0; i < urls_.size(); ++i) {
    admin_target target; // Each time: minted tokens live for minutes only.
    std::string why;
    auto code = static_cast<int>(exit_no_answer);
    if (find_target(urls_[i], with_.token_file, with_.data, target, why)) {
      admin_client client{target, timeout_ms_};
      client.keep_quiet();
      code = body ? client.post(path, *body, out) : client.get(path, out);
      why = client.complaint();
    } else {
      why += "\n  Start one:  hansom start";
    }
    if (code != exit_no_answer) {
      complaint_ = why;
      std::rotate(urls_.begin(), urls_.begin() + static_cast<std::ptrdiff_t>(i),
                  urls_.end());
      return code;
    }
    if (first.empty())
      first = why;
  }
  complaint_ = first;
  if (urls_.size() > 1)
    complaint_ += "\n  Nor does any of the other "
                  + std::to_string(urls_.size() - 1) + " nodes answer.";
  return exit_no_answer;
}

void voice::learn(const nlohmann::json& nodes) {
  for (auto& x : nodes.value("nodes", nlohmann::json::array())) {
    auto url = x.value("url", "");
    auto status = x.value("status", "");
    if (!url.empty() && status != "dead" && status != "left"
        && std::find(urls_.begin(), urls_.end(), url) == urls_.end())
      urls_.push_back(url);
  }
}

int voice::complain(int code) const {
  std::cerr << "hansom: " << complaint_ << '\n';
  return code;
}

interruptible::interruptible() {
  was_interrupted = 0;
  std::signal(SIGINT, note_interrupt);
}

interruptible::~interruptible() {
  std::signal(SIGINT, SIG_DFL);
}

bool interruptible::happened() noexcept {
  return was_interrupted != 0;
}

void interruptible::sleep(double seconds) {
  auto whole = static_cast<std::time_t>(seconds);
  timespec left{
    whole, static_cast<long>((seconds - static_cast<double>(whole)) * 1e9)};
  if (!happened())
    ::nanosleep(&left, nullptr); // A signal ends it.
}

} // namespace hansom::verbs
