// A TCP proxy that misbehaves when told: between a node and its database, or
// between clients and nodes. Listens on a free port of 127.0.0.1, prints
// "port N", then reads commands, one per line, from standard input; each is
// answered with a line. Ends with its standard input, or with its parent.
//
//   to HOST:PORT   where new connections lead
//   delay MS       every piece to the target waits so long; order is kept
//   cut            resets all connections now
//   cut-request N  of the next N pieces to the target that are longer than 64
//                  bytes the first half is passed on, then a reset: a statement
//                  that never came whole
//   cut-reply N    the next N pieces of over 64 bytes go to the target whole;
//                  the answer is thrown away, then a reset: a commit whose
//                  outcome nobody heard
//   blackhole      nothing is passed on either way, nobody is told
//   refuse         new connections are reset at once
//   heal           end of delay, blackhole, refuse and cuts to come
//   stats          "connections N open N requests-cut N replies-cut N"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/impl/src.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <iostream>
#include <istream>
#include <memory>
#include <set>
#include <sstream>
#include <string>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// Pieces shorter than this are handshakes and farewells.
constexpr std::size_t statement_min = 64;
constexpr unsigned cuts_max = 1'000'000;

class link;

/// What all connections obey.
struct orders {
  tcp::endpoint target;
  std::chrono::milliseconds delay{0};
  unsigned cut_requests = 0;
  unsigned cut_replies = 0;
  bool blackhole = false;
  bool refuse = false;
  std::uint64_t connections = 0;
  std::uint64_t requests_cut = 0;
  std::uint64_t replies_cut = 0;
  std::set<std::shared_ptr<link>> open;
};

/// One connection: two pumps, each with one piece in its hands.
class link : public std::enable_shared_from_this<link> {
public:
  link(tcp::socket from, orders& o)
    : from_{std::move(from)}, to_{from_.get_executor()},
      timer_{from_.get_executor()}, orders_{o} {
  }

  void start() {
    to_.async_connect(orders_.target,
                      [self = shared_from_this()](error_code e) {
                        if (e)
                          return self->reset();
                        self->no_delay();
                        self->read_request();
                        self->read_reply();
                      });
  }

  /// Ends both sides with a reset, as a crash of the peer does.
  void reset() {
    auto self = shared_from_this();
    if (orders_.open.erase(self) == 0)
      return;
    error_code ignored;
    timer_.cancel();
    for (auto* s : {&from_, &to_}) {
      s->set_option(tcp::socket::linger{true, 0}, ignored);
      s->close(ignored);
    }
  }

private:
  void no_delay() {
    error_code ignored;
    from_.set_option(tcp::no_delay{true}, ignored);
    to_.set_option(tcp::no_delay{true}, ignored);
  }

  void read_request() {
    from_.async_read_some(
      asio::buffer(request_),
      [self = shared_from_this()](error_code e, std::size_t n) {
        if (e)
          return self->reset();
        self->take_request(n);
      });
  }

  void take_request(std::size_t n) {
    if (orders_.blackhole)
      return wait_in_hole([this, n] { take_request(n); });
    if (n >= statement_min && orders_.cut_requests > 0) {
      --orders_.cut_requests;
      ++orders_.requests_cut;
      error_code ignored;
      asio::write(to_, asio::buffer(request_, n / 2), ignored);
      return reset();
    }
    if (n >= statement_min && orders_.cut_replies > 0) {
      --orders_.cut_replies;
      ++orders_.replies_cut;
      swallow_ = true;
    }
    if (orders_.delay.count() == 0)
      return write_request(n);
    timer_.expires_after(orders_.delay);
    timer_.async_wait([self = shared_from_this(), n](error_code e) {
      if (!e)
        self->write_request(n);
    });
  }

  void write_request(std::size_t n) {
    asio::async_write(to_, asio::buffer(request_, n),
                      [self = shared_from_this()](error_code e, std::size_t) {
                        if (e)
                          return self->reset();
                        self->read_request();
                      });
  }

  void read_reply() {
    to_.async_read_some(asio::buffer(reply_), [self = shared_from_this()](
                                                error_code e, std::size_t n) {
      if (e || self->swallow_)
        return self->reset();
      self->take_reply(n);
    });
  }

  void take_reply(std::size_t n) {
    if (orders_.blackhole)
      return wait_in_hole([this, n] { take_reply(n); });
    asio::async_write(from_, asio::buffer(reply_, n),
                      [self = shared_from_this()](error_code e, std::size_t) {
                        if (e)
                          return self->reset();
                        self->read_reply();
                      });
  }

  /// Looks again every 20 ms.
  template <class Next>
  void wait_in_hole(Next next) {
    auto timer = std::make_shared<asio::steady_timer>(
      from_.get_executor(), std::chrono::milliseconds{20});
    timer->async_wait([self = shared_from_this(), timer, next](error_code e) {
      if (!e && self->from_.is_open())
        next();
    });
  }

  tcp::socket from_;
  tcp::socket to_;
  asio::steady_timer timer_;
  orders& orders_;
  bool swallow_ = false;
  std::array<char, 65'536> request_{};
  std::array<char, 65'536> reply_{};
};

class proxy {
public:
  explicit proxy(asio::io_context& io)
    : acceptor_{io, {asio::ip::address_v4::loopback(), 0}},
      input_{io, ::dup(STDIN_FILENO)}, io_{io} {
    std::cout << "port " << acceptor_.local_endpoint().port() << std::endl;
    accept();
    listen();
  }

private:
  void accept() {
    acceptor_.async_accept([this](error_code e, tcp::socket from) {
      if (e)
        return;
      ++orders_.connections;
      if (orders_.refuse) {
        error_code ignored;
        from.set_option(tcp::socket::linger{true, 0}, ignored);
      } else {
        auto x = std::make_shared<link>(std::move(from), orders_);
        orders_.open.insert(x);
        x->start();
      }
      accept();
    });
  }

  void listen() {
    asio::async_read_until(input_, line_, '\n', [this](error_code e, auto) {
      if (e)
        return io_.stop();
      std::istream in{&line_};
      std::string text;
      std::getline(in, text);
      std::cout << obey(text) << std::endl;
      listen();
    });
  }

  void cut() {
    for (auto& x : std::set{orders_.open})
      x->reset();
  }

  std::string aim(const std::string& text) {
    const auto colon = text.rfind(':');
    error_code e;
    auto host = asio::ip::make_address(text.substr(0, colon), e);
    unsigned port = 0;
    if (colon != std::string::npos)
      std::istringstream{text.substr(colon + 1)} >> port;
    if (e || port == 0 || port > 65'535)
      return "error: expected an address such as 127.0.0.1:5432, found \""
             + text + '"';
    orders_.target = {host, static_cast<std::uint16_t>(port)};
    return "ok";
  }

  std::string count(unsigned& at, std::istream& in) {
    unsigned n = 0;
    if (!(in >> n) || n > cuts_max)
      return "error: expected a number up to " + std::to_string(cuts_max);
    at = n;
    return "ok";
  }

  std::string stats() const {
    std::ostringstream out;
    out << "connections " << orders_.connections << " open "
        << orders_.open.size() << " requests-cut " << orders_.requests_cut
        << " replies-cut " << orders_.replies_cut;
    return out.str();
  }

  std::string obey(const std::string& text) {
    std::istringstream in{text};
    std::string verb, more;
    in >> verb;
    if (verb == "to")
      return in >> more, aim(more);
    if (verb == "cut-request")
      return count(orders_.cut_requests, in);
    if (verb == "cut-reply")
      return count(orders_.cut_replies, in);
    if (verb == "stats")
      return stats();
    if (verb == "delay") {
      unsigned ms = 0;
      const auto said = count(ms, in);
      orders_.delay = std::chrono::milliseconds{ms};
      return said;
    }
    if (verb == "cut")
      cut();
    else if (verb == "blackhole")
      orders_.blackhole = true;
    else if (verb == "refuse")
      orders_.refuse = true;
    else if (verb == "heal")
      heal();
    else
      return "error: unknown command \"" + verb + '"';
    return "ok";
  }

  void heal() {
    orders_.delay = std::chrono::milliseconds{0};
    orders_.cut_requests = orders_.cut_replies = 0;
    orders_.blackhole = orders_.refuse = false;
  }

  orders orders_;
  tcp::acceptor acceptor_;
  asio::posix::stream_descriptor input_;
  asio::streambuf line_;
  asio::io_context& io_;
};

} // namespace

int main() {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  try {
    asio::io_context io;
    proxy here{io};
    io.run();
  } catch (const std::exception& e) {
    std::cerr << "fault_proxy: " << e.what() << '\n';
    return 1;
  }
  return 0;
}
