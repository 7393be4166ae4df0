#include "bench/micro/micro.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <memory>

namespace hansom::bench {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
using tcp = net::ip::tcp;
using executor = net::io_context::executor_type;
using tcp_socket = net::basic_stream_socket<tcp, executor>;
using tcp_acceptor = net::basic_socket_acceptor<tcp, executor>;

constexpr std::string_view welcome = R"({"type":"welcome"})";

class bare_connection : public std::enable_shared_from_this<bare_connection> {
public:
  bare_connection(tcp_socket socket, bare_counters& counters)
    : ws_{std::move(socket)}, counters_{counters} {
  }

  void start() {
    ws_.next_layer().set_option(tcp::no_delay{true});
    ws_.text(true);
    ws_.set_option(beast::websocket::stream_base::decorator(
      [](beast::websocket::response_type& x) {
        x.set(beast::http::field::sec_websocket_protocol, "hansom.v1.json");
      }));
    ws_.async_accept([me = shared_from_this()](beast::error_code error) {
      if (error)
        return;
      me->counters_.connections.fetch_add(1, std::memory_order_relaxed);
      me->read();
    });
  }

private:
  void read() {
    ws_.async_read(
      buffer_, [me = shared_from_this()](beast::error_code error, std::size_t) {
        if (error)
          return;
        me->buffer_.consume(me->buffer_.size());
        if (!me->greeted_)
          return me->greet();
        me->counters_.messages.fetch_add(1, std::memory_order_relaxed);
        me->read();
      });
  }

  void greet() {
    greeted_ = true;
    ws_.async_write(
      net::buffer(welcome),
      [me = shared_from_this()](beast::error_code error, std::size_t) {
        if (!error)
          me->read();
      });
  }

  beast::websocket::stream<tcp_socket, false> ws_;
  beast::flat_buffer buffer_;
  bare_counters& counters_;
  bool greeted_ = false;
};

void accept_next(tcp_acceptor& from, bare_counters& counters) {
  from.async_accept([&](beast::error_code error, tcp_socket socket) {
    if (!error)
      std::make_shared<bare_connection>(std::move(socket), counters)->start();
    accept_next(from, counters);
  });
}

} // namespace

void serve_bare(std::uint16_t port, bare_counters& counters) {
  net::io_context io{1};
  tcp_acceptor acceptor{io,
                        tcp::endpoint{net::ip::address_v4::loopback(), port}};
  acceptor.listen(4096);
  accept_next(acceptor, counters);
  io.run();
}

} // namespace hansom::bench
