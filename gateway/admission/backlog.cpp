#include "gateway/admission/backlog.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace hansom {

namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

int make_event() {
  auto result = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (result < 0)
    throw std::system_error{errno, std::generic_category(),
                            "no descriptor for the gateway's own use"};
  return result;
}

std::int64_t to_ns(steady_clock::time_point x) noexcept {
  return std::chrono::duration_cast<nanoseconds>(x.time_since_epoch()).count();
}

} // namespace

// -- sockets ------------------------------------------------------------------

socket_probe::socket_probe(boost::asio::io_context& io)
  : own_{io, make_event()} {
  wait();
}

void socket_probe::wait() {
  own_.async_wait(own_.wait_read, [this](const boost::system::error_code& e) {
    if (e)
      return;
    std::uint64_t ignored = 0;
    if (::read(own_.native_handle(), &ignored, sizeof ignored) > 0) {
      lag_ = steady_clock::now() - sent_;
      sent_ = {};
    }
    wait();
  });
}

void socket_probe::send(time now) {
  if (sent_ != time{})
    return;
  const std::uint64_t one = 1;
  if (::write(own_.native_handle(), &one, sizeof one) > 0)
    sent_ = now;
}

nanoseconds socket_probe::lag(time now) const noexcept {
  return sent_ == time{} ? lag_ : std::max<nanoseconds>(lag_, now - sent_);
}

void socket_probe::stop() noexcept {
  boost::system::error_code ignored;
  own_.close(ignored);
}

// -- actors -------------------------------------------------------------------

actor_probe::actor_probe(caf::actor_system& system)
  // Hidden: nobody who waits for the end of all actors waits for this one.
  : actor_{system.spawn<caf::hidden>(
    [state = shared_](caf::event_based_actor*) -> caf::behavior {
      return {[state](caf::tick_atom) {
        state->lag_ns = to_ns(steady_clock::now()) - state->sent_ns;
        state->sent_ns = 0;
      }};
    })} {
}

actor_probe::~actor_probe() {
  caf::anon_send_exit(actor_, caf::exit_reason::user_shutdown);
}

void actor_probe::send(time now) {
  std::int64_t none = 0;
  if (shared_->sent_ns.compare_exchange_strong(none, to_ns(now)))
    caf::anon_send(actor_, caf::tick_atom_v);
}

nanoseconds actor_probe::lag(time now) const noexcept {
  auto last = shared_->lag_ns.load();
  auto sent = shared_->sent_ns.load();
  return nanoseconds{sent == 0 ? last : std::max(last, to_ns(now) - sent)};
}

// -- the journal --------------------------------------------------------------

nanoseconds journal_lag(const journal_writer_stats& x,
                        std::size_t batch_max) noexcept {
  auto batches = x.queued / std::max<std::size_t>(batch_max, 1);
  if (batches == 0 || x.outage_began_ns != 0)
    return nanoseconds{0};
  return nanoseconds{static_cast<std::int64_t>(batches) * x.last_commit_ns};
}

} // namespace hansom
