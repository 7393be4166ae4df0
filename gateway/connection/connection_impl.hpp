#pragma once

/// A connection over a given transport. Included by one .cpp per transport,
/// and by nothing else: this is what is slow to compile.

#include "gateway/connection/connection.hpp"
#include "gateway/connection/connection_home.hpp"
#include "gateway/connection/write_gate.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <array>
#include <optional>

namespace hansom {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using tcp = net::ip::tcp;
/// The executor's concrete type: a type-erased one costs an allocation and a
/// virtual call per operation.
using tcp_socket =
  net::basic_stream_socket<tcp, net::io_context::executor_type>;

using stream_error = beast::error_code;

/// @tparam Stream `tcp_socket`, or an `ssl::stream` of one.
template <class Stream>
class connection_over : public connection {
public:
  template <class... Args>
  explicit connection_over(connection_home& home, Args&&... args)
    : connection{home}, ws_{std::forward<Args>(args)...},
      http_{std::make_unique<http_side>()} {
    stream_error ignored;
    socket().non_blocking(true, ignored); // For `write_some`.
    auto peer = socket().remote_endpoint(ignored);
    if (!ignored)
      http_->peer = peer.address().to_string();
    socket().set_option(tcp::no_delay{true}, ignored);
    if (auto n = home.config().send_buffer; n > 0)
      socket().set_option(
        net::socket_base::send_buffer_size{static_cast<int>(n)}, ignored);
  }

protected:
  Stream& transport() noexcept {
    return ws_.next_layer().next_layer();
  }
  tcp_socket& socket() noexcept {
    return beast::get_lowest_layer(ws_);
  }
  std::shared_ptr<connection_over> self() {
    return std::static_pointer_cast<connection_over>(shared_from_this());
  }

  void read_request();

private:
  /// What only HTTP needs; given back when the connection is upgraded.
  struct http_side {
    std::string peer;
    beast::flat_buffer buffer;
    std::optional<http::request_parser<http::string_body>> parser;
    http::response<http::string_body> response;
  };

  // HTTP
  void on_request(stream_error error);
  http_request plain_request() const;
  void answer(http_response what, bool keep_alive);
  void on_answered(stream_error error, bool keep_alive);
  void linger();
  http_reply reply_once(bool keep_alive);
  void upgrade(const http_request& request);

  // websocket
  void read_some();
  void on_read(stream_error error, std::size_t n);
  std::size_t write_some(std::string_view bytes) override;
  void begin_write(std::string_view bytes) override;
  void begin_close(close_code why) override;
  void shut_socket() noexcept override;

  websocket::stream<write_gate<Stream>, false> ws_;
  std::unique_ptr<http_side> http_;
  std::string long_text_; ///< A message that does not fit `small_`.
  bool too_large_ = false;
  /// Most frames fit; a growing buffer would keep 1.5 kB per idle client.
  std::array<char, 384> small_;
};

// -- HTTP ---------------------------------------------------------------------

template <class Stream>
void connection_over<Stream>::read_request() {
  auto& side = *http_;
  side.parser.emplace();
  side.parser->header_limit(home().config().http_header_max);
  side.parser->body_limit(home().config().http_body_max);
  touched();
  http::async_read(
    transport(), side.buffer, *side.parser,
    [me = self()](stream_error error, std::size_t) { me->on_request(error); });
}

template <class Stream>
http_request connection_over<Stream>::plain_request() const {
  auto& message = http_->parser->get();
  http_request result;
  result.method = std::string{message.method_string()};
  std::string_view target{message.target().data(), message.target().size()};
  auto question = std::min(target.find('?'), target.size());
  result.path = target.substr(0, question);
  if (question < target.size())
    result.query = target.substr(question + 1);
  for (auto& field : message)
    result.headers.emplace_back(std::string{field.name_string()},
                                std::string{field.value()});
  result.body = message.body();
  result.peer = http_->peer;
  return result;
}

template <class Stream>
void connection_over<Stream>::on_request(stream_error error) {
  if (phase() == connection_phase::gone)
    return;
  if (error == http::error::header_limit)
    return answer(problem(431, "http.header_too_large",
                          "The header is larger than this server reads."),
                  false);
  if (error == http::error::body_limit)
    return answer(problem(413, "http.body_too_large",
                          "The body is larger than this server reads."),
                  false);
  if (error == http::error::end_of_stream)
    return linger();
  if (error.category() == http::make_error_code(http::error{}).category())
    return answer(
      problem(400, "http.bad_request",
              "This is not a request of HTTP/1.1: " + error.message() + '.'),
      false);
  if (error)
    return ended(true);
  touched();
  auto request = plain_request();
  if (websocket::is_upgrade(http_->parser->get()))
    return upgrade(request);
  auto keep_alive = http_->parser->get().keep_alive();
  if (request.path == "/v1/ws") {
    auto refusal =
      problem(426, "http.upgrade_required", "This path speaks websocket only.");
    refusal.headers.emplace_back("Upgrade", "websocket");
    return answer(std::move(refusal), keep_alive);
  }
  route(std::move(request), reply_once(keep_alive));
}

/// An answer may come from any thread, late, or after the client has gone.
template <class Stream>
http_reply connection_over<Stream>::reply_once(bool keep_alive) {
  auto used = std::make_shared<std::atomic_flag>();
  return [weak = std::weak_ptr<connection>{self()}, used, keep_alive,
          thread = &home().io()](http_response what) {
    if (used->test_and_set())
      return;
    net::post(*thread, [weak, keep_alive, what = std::move(what)]() mutable {
      if (auto me = std::static_pointer_cast<connection_over>(weak.lock()))
        me->answer(std::move(what), keep_alive);
    });
  };
}

template <class Stream>
void connection_over<Stream>::answer(http_response what, bool keep_alive) {
  if (phase() == connection_phase::gone || !http_)
    return;
  auto first_digit = static_cast<std::size_t>(what.status / 100);
  home().counters().http[std::min<std::size_t>(first_digit, 5)].add();
  auto& response = http_->response;
  auto head = http_->parser->get().method() == http::verb::head;
  response = {};
  response.version(11);
  response.result(static_cast<unsigned>(what.status));
  response.set(http::field::content_type, what.content_type);
  for (auto& [name, value] : what.headers)
    response.set(name, value);
  response.keep_alive(keep_alive);
  response.body() = head ? std::string{} : std::move(what.body);
  response.prepare_payload();
  touched();
  http::async_write(transport(), response,
                    [me = self(), keep_alive](stream_error error, std::size_t) {
                      me->on_answered(error, keep_alive);
                    });
}

template <class Stream>
void connection_over<Stream>::on_answered(stream_error error, bool keep_alive) {
  if (phase() == connection_phase::gone)
    return;
  if (error)
    return ended(true);
  if (!keep_alive)
    return linger();
  http_->response = {};
  read_request(); // A pipelined request may be in the buffer already.
}

/// Half-closes, so that the last answer is not lost in a reset: the client
/// may still be sending. The sweep ends it if the client does not.
template <class Stream>
void connection_over<Stream>::linger() {
  stream_error ignored;
  socket().shutdown(tcp::socket::shutdown_send, ignored);
  if (ignored)
    return ended(true);
  socket().async_read_some(net::buffer(small_),
                           [me = self()](stream_error error, std::size_t) {
                             if (error || me->phase() == connection_phase::gone)
                               me->ended(true);
                             else
                               me->linger();
                           });
}

template <class Stream>
void connection_over<Stream>::upgrade(const http_request& request) {
  auto verdict = judge_upgrade(request);
  if (verdict.status != 101)
    return answer(std::move(verdict), false);
  if (http_->buffer.size() > 0)
    return answer(problem(400, "http.early_data",
                          "Wait for the answer to the upgrade before you send "
                          "frames."),
                  false);
  home().counters().http[1].add();
  ws_.set_option(
    websocket::stream_base::decorator([](websocket::response_type& x) {
      x.set(http::field::sec_websocket_protocol, "hansom.v1.json");
    }));
  // Somewhat above our own limit: a frame that is a little too long gets a
  // proper error, one that is far too long ends the connection (1009).
  ws_.read_message_max(std::size_t{4} * home().config().frame_max);
  // No copy of each frame into a write buffer of its own, 4 kB per client.
  ws_.auto_fragment(false);
  ws_.text(true);
  ws_.async_accept(http_->parser->get(), [me = self()](stream_error error) {
    if (me->phase() == connection_phase::gone)
      return;
    if (error)
      return me->ended(true);
    me->http_.reset();
    me->upgraded();
    // A plain pointer: the stream belongs to the connection.
    me->ws_.control_callback(
      [raw = me.get()](websocket::frame_type, beast::string_view) {
        raw->control_frame();
      });
    me->read_some();
  });
}

// -- websocket ----------------------------------------------------------------

template <class Stream>
void connection_over<Stream>::read_some() {
  ws_.async_read_some(net::buffer(small_),
                      [me = self()](stream_error error, std::size_t n) {
                        me->on_read(error, n);
                      });
}

/// What Beast has closed the websocket for, if it has.
inline std::optional<rfc_close> rfc_close_of(stream_error error) {
  if (error == websocket::error::bad_frame_payload)
    return rfc_close::bad_payload;
  if (error == websocket::error::message_too_big)
    return rfc_close::too_big;
  if (error == websocket::condition::protocol_violation)
    return rfc_close::protocol_error;
  return std::nullopt;
}

template <class Stream>
void connection_over<Stream>::on_read(stream_error error, std::size_t n) {
  if (phase() == connection_phase::gone)
    return;
  if (auto why = rfc_close_of(error))
    return broken(*why);
  if (error) {
    // A close that we have begun ends in its own handler.
    if (error != websocket::error::closed
        || phase() != connection_phase::closing)
      ended(true);
    return;
  }
  auto done = ws_.is_message_done();
  auto is_text = ws_.got_text();
  std::string_view part{small_.data(), n};
  if (done && long_text_.empty() && !too_large_ && is_text) {
    if (n <= home().config().frame_max)
      text_received(part);
    return read_some();
  }
  if (!too_large_ && long_text_.size() + n > home().config().frame_max) {
    too_large_ = true;
    std::string{}.swap(long_text_);
  }
  if (!too_large_ && is_text)
    long_text_ += part;
  if (done) {
    if (too_large_)
      bad_frame(error_code::too_large);
    else if (!is_text)
      bad_frame(error_code::not_text);
    else
      text_received(long_text_);
    too_large_ = false;
    std::string{}.swap(long_text_);
  }
  read_some();
}

template <class Stream>
std::size_t connection_over<Stream>::write_some(std::string_view bytes) {
  // Only a plain socket says at once how much it takes.
  if constexpr (std::is_same_v<Stream, tcp_socket>) {
    if (!ws_.next_layer().is_free() || !ws_.is_open())
      return 0;
    stream_error error;
    auto n =
      socket().write_some(net::buffer(bytes.data(), bytes.size()), error);
    return error ? 0 : n;
  }
  return 0;
}

template <class Stream>
void connection_over<Stream>::begin_write(std::string_view bytes) {
  // After Beast's answer to a close frame nothing may follow.
  if (!ws_.is_open())
    return net::post(home().io(), [me = self()] { me->written(false); });
  ws_.next_layer().async_send(
    bytes, [me = self()](stream_error error) { me->written(!error); });
}

template <class Stream>
void connection_over<Stream>::begin_close(close_code why) {
  if (!ws_
         .is_open()) // The client closes at this moment: the read side ends it.
    return;
  auto& about = facts(why);
  websocket::close_reason reason;
  reason.code = static_cast<std::uint16_t>(why);
  reason.reason.assign(about.reason.data(), about.reason.size());
  ws_.async_close(reason, [me = self()](stream_error) { me->ended(false); });
}

template <class Stream>
void connection_over<Stream>::shut_socket() noexcept {
  stream_error ignored;
  socket().close(ignored);
}

} // namespace hansom
