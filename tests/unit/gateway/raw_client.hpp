#pragma once

/// A client in a hundred lines on a blocking socket: it can be slow, rude and
/// wrong in every way that a test needs.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace hansom::testing {

class raw_client {
public:
  explicit raw_client(std::uint16_t port, bool tls = false,
                      int receive_buffer = 0);
  ~raw_client();
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  void send_raw(std::string_view bytes);

  /// Sends a request and reads one answer, with its body.
  std::string http(std::string_view request);
  std::string get(std::string_view target, std::string_view headers = {});

  /// Opens /v1/ws. @returns the status of the answer.
  int upgrade(std::string_view headers = {}, std::string_view target = "/v1/ws",
              std::string_view subprotocol = "hansom.v1.json");

  /// @param opcode 1 text, 2 binary, 8 close, 9 ping.
  void send_frame(std::string_view payload, int opcode = 1);

  struct frame {
    int opcode = 0; ///< 0: the connection has ended, or nothing came.
    std::string payload;
    [[nodiscard]] int close_code() const;
  };
  frame read_frame(std::chrono::milliseconds within = std::chrono::milliseconds{
                     5000});

  /// Reads text frames until one contains `part`; others are skipped.
  /// @returns it, or an empty string when none came in time.
  std::string
  expect(std::string_view part,
         std::chrono::milliseconds within = std::chrono::milliseconds{5000});

  /// Reads until the close frame. @returns its code; 0: none came.
  int expect_close(std::chrono::milliseconds within = std::chrono::milliseconds{
                     5000});

  /// Cuts the line without a close frame.
  void cut();

private:
  bool fill(std::chrono::steady_clock::time_point until);
  bool fill_to(std::size_t n, std::chrono::steady_clock::time_point until);

  int socket_ = -1;
  ssl_ctx_st* context_ = nullptr;
  ssl_st* ssl_ = nullptr;
  std::string buffer_;
};

} // namespace hansom::testing
