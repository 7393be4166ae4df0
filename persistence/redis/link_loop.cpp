#include "persistence/redis/link_loop.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

namespace hansom::redis {

namespace {

/// What is queued when the link is told to stop has so long to leave.
constexpr milliseconds farewell{300};
constexpr milliseconds log_pause{5000};
/// The kernel gets at most so much at once; the rest waits in the queue, where
/// it can still be failed.
constexpr std::size_t out_max = std::size_t{1} << 20;

} // namespace

link_loop::link_loop(link_config with)
  : config_{std::move(with)},
    wake_fd_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)}, why_{
                                                          "not connected yet"} {
  if (wake_fd_ < 0)
    throw std::runtime_error{"redis link: no eventfd"};
}

link_loop::~link_loop() {
  ::close(wake_fd_);
}

// -- any thread ---------------------------------------------------------------

void link_loop::every(milliseconds period, std::function<void()> run) {
  jobs_.push_back({period, std::move(run), {}});
}

bool link_loop::push(const command& x, milliseconds within, callback done) {
  auto refuse = [&](link_drop why, const char* text) {
    count(why);
    if (done)
      done(reply::none(text));
    return false;
  };
  if (!connected())
    return refuse(link_drop::disconnected, "not connected to Redis");
  auto size = x.bytes() + 16;
  if (stats_.unanswered >= config_.queue_max
      || stats_.unanswered_bytes + size > config_.bytes_max)
    return refuse(link_drop::queue_full, "too much waits for Redis");
  request r;
  r.bytes.reserve(size);
  x.write_to(r.bytes);
  r.done = std::move(done);
  r.within = within;
  r.deadline = clock::now() + within;
  ++stats_.unanswered;
  stats_.unanswered_bytes += r.bytes.size();
  bool first = false;
  {
    std::lock_guard guard{mutex_};
    first = queue_.empty();
    queue_.push_back(std::move(r));
  }
  if (first) {
    std::uint64_t one = 1;
    [[maybe_unused]] auto n = ::write(wake_fd_, &one, sizeof one);
  }
  return true;
}

void link_loop::ask_to_stop() {
  stopping_ = true;
  std::uint64_t one = 1;
  [[maybe_unused]] auto n = ::write(wake_fd_, &one, sizeof one);
}

link_health link_loop::health() const {
  if (connected())
    return {true, {}};
  std::lock_guard guard{mutex_};
  return {false, why_};
}

// -- the link's thread --------------------------------------------------------

void link_loop::run() {
  pthread_setname_np(pthread_self(), "redis");
  // OpenSSL writes to sockets that may be closed already.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  for (;;) {
    auto now = clock::now();
    if (stopping_) {
      if (stop_at_ == time_point{})
        stop_at_ = now + farewell;
      if (!connected() || stats_.unanswered == 0 || now >= stop_at_)
        break;
    }
    round(now);
  }
  lose("stopped");
  up_ = false;
  fail_queue(link_drop::disconnected, "stopped");
}

void link_loop::round(time_point now) {
  run_jobs(now);
  if (!wire_ && now >= connect_at_)
    connect(now);
  if (wire_ && !established_ && now >= connect_deadline_)
    lose("no connection within "
         + std::to_string(config_.connect_timeout.count()) + " ms");
  if (connected())
    take_queue(now);
  else
    fail_queue(link_drop::disconnected, "not connected to Redis");
  if (wire_ && established_)
    flush();
  give_up_late(now);
  wait(now);
}

void link_loop::run_jobs(time_point now) {
  for (auto& x : jobs_)
    if (now >= x.due) {
      x.due = now + x.period;
      x.run();
    }
}

void link_loop::connect(time_point now) {
  std::string why;
  wire_ = wire::open(config_.to, why);
  established_ = false;
  connecting_ = POLLOUT;
  connect_deadline_ = now + config_.connect_timeout;
  if (!wire_)
    lose(why);
}

void link_loop::greet(time_point now) {
  auto& to = config_.to;
  auto say = [&](const command& x, std::string what) {
    ++greetings_;
    request r;
    x.write_to(r.bytes);
    r.within = config_.connect_timeout;
    r.deadline = now + config_.connect_timeout;
    r.done = [this, what = std::move(what)](const reply& answer) {
      greeted(answer, what);
    };
    ++stats_.unanswered;
    stats_.unanswered_bytes += r.bytes.size();
    append(std::move(r), now);
  };
  if (!to.password.empty())
    say(to.user.empty() ? command{"AUTH", to.password}
                        : command{"AUTH", to.user, to.password},
        "AUTH");
  if (to.database != 0)
    say(command{"SELECT", std::to_string(to.database)}, "SELECT");
  say(command{"CLIENT", "SETNAME", config_.name}, "CLIENT SETNAME");
  say(command{"PING"}, "PING");
}

/// A server that refuses the greeting (wrong password, still loading its data)
/// is as good as none.
void link_loop::greeted(const reply& x, std::string_view what) {
  if (x.what == reply::kind::lost || greetings_ == refused_greeting)
    return;
  --greetings_;
  if (!x.ok() && what != "CLIENT SETNAME") {
    greetings_ = refused_greeting;
    std::lock_guard guard{mutex_};
    why_ = std::string{what} + ": " + x.text;
    return;
  }
  if (greetings_ != 0)
    return;
  backoff_ = milliseconds{0};
  ++stats_.connects;
  up_.store(true, std::memory_order_release);
  spdlog::info("redis: connected to {}", to_string(config_.to));
}

void link_loop::take_queue(time_point now) {
  std::uint64_t n = 0;
  while (out_.size() - out_from_ < out_max) {
    request x;
    {
      std::lock_guard guard{mutex_};
      if (queue_.empty())
        break;
      x = std::move(queue_.front());
      queue_.pop_front();
    }
    append(std::move(x), now);
    ++n;
  }
  if (n == 0)
    return;
  ++stats_.batches;
  stats_.last_batch = n;
  if (n > stats_.largest_batch)
    stats_.largest_batch = n;
}

void link_loop::append(request x, time_point now) {
  out_ += x.bytes;
  ++stats_.commands;
  x.sent = now;
  sent_.push_back(std::move(x));
}

void link_loop::flush() {
  std::string why;
  while (out_from_ < out_.size()) {
    auto n = wire_->send(std::string_view{out_}.substr(out_from_), why);
    if (n < 0)
      return lose(why);
    if (n == 0)
      return;
    out_from_ += static_cast<std::size_t>(n);
    stats_.bytes_sent += static_cast<std::uint64_t>(n);
  }
  out_.clear();
  out_from_ = 0;
}

void link_loop::receive() {
  std::string why;
  if (!wire_->receive([this](reply x) { take_answer(std::move(x)); }, why))
    return lose(why);
  if (greetings_ != refused_greeting)
    return;
  {
    std::lock_guard guard{mutex_};
    why = why_;
  }
  lose(why);
}

void link_loop::take_answer(reply x) {
  if (sent_.empty())
    return; // Nothing was asked: not a server that we understand.
  auto r = std::move(sent_.front());
  sent_.pop_front();
  ++stats_.answers;
  stats_.round_trip_us = static_cast<std::uint64_t>(
    std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - r.sent)
      .count());
  if (x.what == reply::kind::error && !r.answered) {
    count(link_drop::refused);
    auto now = clock::now();
    if (!r.done && now >= log_refusal_at_) {
      log_refusal_at_ = now + log_pause;
      spdlog::warn("redis: refused: {}", x.text);
    }
  }
  settle(r, x);
}

/// Askers are told in time; the connection is given up when its oldest answer
/// is overdue.
void link_loop::give_up_late(time_point now) {
  std::vector<std::pair<callback, milliseconds>> late;
  auto collect = [&](std::deque<request>& from) {
    for (auto& r : from)
      if (r.done && now >= r.deadline) {
        late.emplace_back(std::exchange(r.done, {}), r.within);
        r.answered = true;
      }
  };
  collect(sent_);
  if (out_from_ < out_.size()) { // Congested: some wait in the queue, too.
    std::lock_guard guard{mutex_};
    collect(queue_);
  }
  for (auto& [done, within] : late) {
    count(link_drop::timed_out);
    done(reply::none("no answer within " + std::to_string(within.count())
                     + " ms"));
  }
  if (!sent_.empty() && now >= sent_.front().deadline + config_.answer_timeout)
    lose(
      "no answer for "
      + std::to_string((sent_.front().within + config_.answer_timeout).count())
      + " ms");
}

link_loop::time_point link_loop::next_event(time_point now) const {
  auto next = now + milliseconds{1000};
  for (auto& x : jobs_)
    next = std::min(next, x.due);
  for (auto& x : sent_)
    if (x.done)
      next = std::min(next, x.deadline);
  if (!sent_.empty())
    next = std::min(next, sent_.front().deadline + config_.answer_timeout);
  if (!wire_)
    next = std::min(next, connect_at_);
  else if (!established_)
    next = std::min(next, connect_deadline_);
  if (stopping_)
    next = std::min(next, now + milliseconds{10});
  return next;
}

void link_loop::wait(time_point now) {
  auto left = std::chrono::duration_cast<milliseconds>(
    next_event(now) - clock::now() + std::chrono::microseconds{999});
  std::array<pollfd, 2> fds{};
  fds[0] = {wake_fd_, POLLIN, 0};
  nfds_t n = 1;
  if (wire_) {
    auto standing = POLLIN | (out_from_ < out_.size() ? POLLOUT : 0);
    fds[1] = {wire_->fd(),
              static_cast<short>(established_ ? standing : connecting_), 0};
    n = 2;
  }
  auto ms = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1000));
  if (::poll(fds.data(), n, ms) <= 0)
    return;
  if (fds[0].revents != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] auto got = ::read(wake_fd_, &count, sizeof count);
  }
  if (n < 2 || fds[1].revents == 0)
    return;
  if (!established_)
    return go_on_connecting();
  if ((fds[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
    receive();
}

void link_loop::go_on_connecting() {
  std::string why;
  switch (wire_->established(why)) {
  case progress::broken:
    return lose(why);
  case progress::wants_read:
    connecting_ = POLLIN;
    return;
  case progress::wants_write:
    connecting_ = POLLOUT;
    return;
  case progress::stands:
    established_ = true;
    greet(clock::now());
  }
}

/// The connection is gone, or never came: everything on its way fails.
void link_loop::lose(const std::string& why) {
  auto was_up = up_.exchange(false);
  {
    std::lock_guard guard{mutex_};
    why_ = to_string(config_.to) + ": " + why;
  }
  if (was_up && !stopping_)
    spdlog::warn("redis: lost {}: {}; trying again", to_string(config_.to),
                 why);
  wire_.reset();
  established_ = false;
  greetings_ = 0;
  out_.clear();
  out_from_ = 0;
  auto failed = std::exchange(sent_, {});
  for (auto& r : failed) {
    if (!r.answered)
      count(link_drop::connection_lost);
    settle(r, reply::none("the connection to Redis was lost: " + why));
  }
  backoff_ =
    std::clamp(backoff_ * 2, config_.backoff_first, config_.backoff_max);
  connect_at_ = clock::now() + backoff_;
}

void link_loop::fail_queue(link_drop why, const std::string& text) {
  std::deque<request> failed;
  {
    std::lock_guard guard{mutex_};
    failed.swap(queue_);
  }
  for (auto& r : failed) {
    count(why);
    settle(r, reply::none(text));
  }
}

void link_loop::settle(request& x, const reply& with) {
  --stats_.unanswered;
  stats_.unanswered_bytes -= x.bytes.size();
  if (x.done)
    std::exchange(x.done, {})(with);
}

} // namespace hansom::redis
