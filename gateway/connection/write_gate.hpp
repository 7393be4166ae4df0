#pragma once

/// Part of `connection_impl.hpp`; includes Asio and Beast.

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace hansom {

/// The layer between Beast's websocket and its transport, which lets two
/// parties write: Beast its handshake, pongs and close frames, and the
/// connection whole runs of text frames that it has framed itself. Whoever
/// comes second waits, so that no frame ends up inside another. Each party has
/// one write under way at most.
template <class Stream>
class write_gate {
public:
  using next_layer_type = Stream;
  using executor_type = typename Stream::executor_type;

  template <class... Args>
  explicit write_gate(Args&&... args) : next_{std::forward<Args>(args)...} {
  }

  next_layer_type& next_layer() noexcept {
    return next_;
  }
  const next_layer_type& next_layer() const noexcept {
    return next_;
  }
  executor_type get_executor() noexcept {
    return next_.get_executor();
  }

  /// @returns whether nothing is under way.
  [[nodiscard]] bool is_free() const noexcept {
    return !busy_;
  }

  /// Writes all of `bytes`, in its turn, then calls `done(error)`. The bytes
  /// must stay until then.
  template <class Done>
  void async_send(std::string_view bytes, Done done) {
    in_turn([this, bytes, done = std::move(done)]() mutable {
      boost::asio::async_write(
        next_, boost::asio::buffer(bytes.data(), bytes.size()),
        [this, done = std::move(done)](boost::beast::error_code error,
                                       std::size_t) mutable {
          leave();
          done(error);
        });
    });
  }

  // -- for Beast --------------------------------------------------------------

  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& to, Handler&& handler) {
    return next_.async_read_some(to, std::forward<Handler>(handler));
  }

  /// Takes all of it at once: a frame that is written in parts could be
  /// interrupted by ours.
  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& from, Handler&& handler) {
    return boost::asio::async_initiate<Handler, void(boost::beast::error_code,
                                                     std::size_t)>(
      [this](auto&& own, const auto& buffers) {
        using handler_type = std::decay_t<decltype(own)>;
        auto kept = std::make_shared<beast_write<handler_type>>(
          std::forward<decltype(own)>(own));
        kept->bytes.resize(boost::asio::buffer_size(buffers));
        boost::asio::buffer_copy(boost::asio::buffer(kept->bytes), buffers);
        std::string_view all{kept->bytes};
        async_send(all, [kept](boost::beast::error_code error) {
          kept->handler(error, error ? 0 : kept->bytes.size());
        });
      },
      handler, from);
  }

private:
  template <class Handler>
  struct beast_write {
    explicit beast_write(Handler&& h) : handler{std::move(h)} {
    }
    std::string bytes;
    Handler handler;
  };

  template <class Task>
  void in_turn(Task task) {
    if (busy_) {
      waiting_ = std::move(task);
      return;
    }
    busy_ = true;
    task();
  }

  void leave() {
    busy_ = static_cast<bool>(waiting_);
    if (busy_)
      std::exchange(waiting_, nullptr)();
  }

  Stream next_;
  std::function<void()> waiting_;
  bool busy_ = false;
};

/// Beast ends a connection below the gate: by then all has been written.
template <class Stream>
void teardown(boost::beast::role_type role, write_gate<Stream>& gate,
              boost::beast::error_code& error) {
  using boost::beast::websocket::teardown;
  teardown(role, gate.next_layer(), error);
}

template <class Stream, class Handler>
void async_teardown(boost::beast::role_type role, write_gate<Stream>& gate,
                    Handler&& handler) {
  using boost::beast::websocket::async_teardown;
  async_teardown(role, gate.next_layer(), std::forward<Handler>(handler));
}

} // namespace hansom
