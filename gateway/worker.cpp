#include "gateway/worker.hpp"

#include "gateway/connection/transport.hpp"
#include "protocol/server_frames.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <pthread.h>
#include <sodium.h>

namespace hansom {

namespace net = boost::asio;

namespace {

constexpr std::size_t mailbox_max = 262'144;

std::uint64_t unpredictable() {
  std::uint64_t x = 0;
  randombytes_buf(&x, sizeof x);
  return x;
}

} // namespace

struct worker::timers {
  using timer =
    net::basic_waitable_timer<std::chrono::steady_clock,
                              net::wait_traits<std::chrono::steady_clock>,
                              net::io_context::executor_type>;

  explicit timers(net::io_context& io)
    : sweep{io}, flush{io}, beat{io}, work{io.get_executor()} {
  }

  timer sweep;
  timer flush;
  timer beat;
  net::executor_work_guard<net::io_context::executor_type> work;
};

worker::worker(gateway_shared& shared, const worker_list& all,
               std::uint16_t index)
  : connection_home{shared}, all_{all}, index_{index},
    timers_{std::make_unique<timers>(io_)} {
  // Each worker admits its share of the gateway's handshakes.
  auto n = shared.config.threads;
  handshake_share_ = shared.config.handshakes;
  if (handshake_share_.per_s > 0)
    handshake_share_.per_s = std::max(1U, handshake_share_.per_s / n);
  handshake_share_.burst = std::max(1U, handshake_share_.burst / n);
}

worker::~worker() {
  stop();
}

void worker::start(runtime& actors, std::uint64_t node) {
  actors_ = &actors;
  session_host::parts parts;
  parts.config = &shared_.config;
  parts.tokens = &shared_.tokens;
  parts.actors = &actors;
  parts.metrics = &metrics_;
  parts.node = node;
  parts.worker = index_;
  parts.secrets = unpredictable;
  parts.mirror = shared_.mirror;
  parts.draining = &shared_.draining;
  host_ = std::make_unique<session_host>(std::move(parts));
  schedule_sweep();
  thread_ = std::thread{[this] {
    pthread_setname_np(pthread_self(), "gateway");
    io_.run();
  }};
}

void worker::stop() {
  if (!thread_.joinable())
    return;
  post([this] {
    auto all = connections_; // Ending takes them out of the list.
    for (auto& x : all)
      x->abort();
    timers_->sweep.cancel();
    timers_->flush.cancel();
    timers_->beat.cancel();
    sockets_.stop();
    timers_->work.reset();
    io_.stop();
  });
  thread_.join();
  connections_.clear();
}

// -- any thread ---------------------------------------------------------------

void worker::post(std::function<void()> task) {
  net::post(io_, std::move(task));
}

void worker::post_mail(mail x) {
  bool first = false;
  {
    std::lock_guard guard{mutex_};
    if (mailbox_.size() >= mailbox_max) {
      // Far behind. What can be skipped is; what cannot ends its session.
      if (x.what != mail::kind::frame || x.frame.how != delivery::latest)
        overrun_.push_back(x.frame.to.session);
      return;
    }
    first = mailbox_.empty();
    mailbox_.push_back(std::move(x));
  }
  if (first)
    net::post(io_, [this] { take_mail(); });
}

void worker::drain(milliseconds within) {
  post([this, within] { host_->drain(within); });
}

void worker::revoke(revocation x) {
  post([this, x = std::move(x)] { host_->revoke(x); });
}

void worker::reattach(const shard_set& moved) {
  post([this, moved] { host_->reattach(moved); });
}

// -- mail ---------------------------------------------------------------------

void worker::take_mail() {
  {
    std::lock_guard guard{mutex_};
    handling_.swap(mailbox_);
    overrun_handling_.swap(overrun_);
  }
  in_mail_ = true;
  for (auto& x : handling_)
    handle(x);
  handling_.clear();
  for (auto session : overrun_handling_) {
    metrics_.drop(gateway_drop::mailbox_full);
    host_->overrun(session);
  }
  overrun_handling_.clear();
  in_mail_ = false;
  flush_due();
}

void worker::handle(mail& x) {
  switch (x.what) {
  case mail::kind::frame:
    return host_->deliver(std::move(x.frame));
  case mail::kind::attached:
    return host_->attached(x.frame.to, std::move(x.frame.body));
  case mail::kind::close:
    return host_->close(x.frame.to, x.why);
  case mail::kind::follow:
    return host_->follow(x.frame.to, x.trip);
  }
}

// -- connections --------------------------------------------------------------

void worker::adopt(int socket, bool is_v6) {
  metrics_.accepted.add();
  if (shared_.tls)
    start_tls_connection(*this, *shared_.tls, socket, is_v6);
  else
    start_plain_connection(*this, socket, is_v6);
}

void worker::add(std::shared_ptr<connection> x) {
  x->slot = connections_.size();
  connections_.push_back(std::move(x));
  metrics_.connections.add();
}

void worker::remove(connection& x) noexcept {
  auto slot = x.slot;
  if (slot >= connections_.size() || connections_[slot].get() != &x)
    return;
  connections_.back()->slot = slot;
  std::swap(connections_[slot], connections_.back());
  connections_.pop_back();
  metrics_.connections.subtract();
  shared_.connections.fetch_sub(1, std::memory_order_relaxed);
}

void worker::on_text(connection& from, std::string_view text) {
  if (from.bound_session() == 0)
    return first_frame(from, text);
  if (!from.remote) {
    host_->frame(from, text);
    beat_soon();
    return flush_soon();
  }
  auto& there = keeper_of(from);
  there.post([&there, via = from.remote, text = std::string{text}] {
    there.host_->frame(*via, text);
    there.beat_soon();
    there.flush_soon();
  });
}

void worker::on_bad_frame(connection& from, error_code why) {
  if (from.bound_session() == 0) {
    metrics_.frames_bad.add();
    metrics_.error(why);
    from.send(error_body(why), 0);
    return from.close(close_code::protocol_violation);
  }
  if (!from.remote)
    return host_->bad_frame(from, why);
  auto& there = keeper_of(from);
  there.post(
    [&there, via = from.remote, why] { there.host_->bad_frame(*via, why); });
}

void worker::on_lost(connection& which) {
  if (which.bound_session() == 0)
    return;
  which.unbind();
  if (!which.remote)
    return host_->lost(which);
  auto& there = keeper_of(which);
  there.post([&there, via = std::move(which.remote)] {
    via->lost = true; // Perhaps before its session is there.
    there.host_->lost(*via);
  });
}

void worker::flush_later(connection& which) {
  due_.push_back(which.shared_from_this());
  // Behind everything that is ready now. Mail is flushed at its end.
  if (due_.size() == 1 && !in_mail_)
    net::post(io_, [this] { flush_due(); });
}

void worker::flush_due() {
  flushing_.swap(due_);
  for (auto& x : flushing_)
    x->flush();
  flushing_.clear();
}

// -- time ---------------------------------------------------------------------

void worker::schedule_sweep() {
  timers_->sweep.expires_after(config().sweep);
  timers_->sweep.async_wait([this](const boost::system::error_code& error) {
    if (error)
      return;
    sweep(std::chrono::steady_clock::now() - timers_->sweep.expiry());
    schedule_sweep();
  });
}

/// After a stall, of the machine or of this thread, much that clients have sent
/// in time lies unread. They are not blamed for the time that nobody read; the
/// next sweep comes after the reading.
void worker::sweep(std::chrono::nanoseconds late) {
  auto t = now() - std::chrono::floor<milliseconds>(late);
  // Ending a connection takes it out of the list later, not now.
  for (auto& x : connections_)
    x->sweep(t);
  host_->sweep();
}

void worker::flush_soon() {
  if (flush_armed_ || !host_->has_positions())
    return;
  flush_armed_ = true;
  timers_->flush.expires_after(config().position_flush);
  timers_->flush.async_wait([this](const boost::system::error_code& error) {
    flush_armed_ = false;
    if (!error)
      host_->flush_positions();
  });
}

// -- how much waits -----------------------------------------------------------

/// An idle worker sleeps: it beats while somebody waits for an answer.
void worker::beat_soon() {
  if (beat_armed_ || !host_->is_busy())
    return;
  beat_armed_ = true;
  sockets_.forget();
  host_->begin_observing(std::chrono::steady_clock::now());
  beat();
}

void worker::beat() {
  auto now = std::chrono::steady_clock::now();
  host_->observe(backlog(now), now);
  sockets_.send(now);
  if (shared_.line)
    shared_.line->send(now);
  timers_->beat.expires_after(admission::beat);
  timers_->beat.async_wait([this](const boost::system::error_code& error) {
    beat_armed_ = false;
    if (error || !host_->is_busy())
      return;
    beat_armed_ = true;
    beat();
  });
}

/// A command waits in its socket, for its actor, for the journal; one after
/// the other.
std::chrono::nanoseconds
worker::backlog(std::chrono::steady_clock::time_point now) const noexcept {
  auto result = sockets_.lag(now);
  if (shared_.line)
    result += shared_.line->lag(now);
  if (shared_.journal)
    result += journal_lag(*shared_.journal, shared_.journal_batch_max);
  return result;
}

} // namespace hansom
