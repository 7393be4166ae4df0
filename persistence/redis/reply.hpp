#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace hansom::redis {

/// What Redis answered, or why there is no answer.
struct reply {
  enum class kind : std::uint8_t {
    nothing, ///< Redis' nil.
    text,
    number,
    list,
    error, ///< Redis refused; `text` says why.
    lost,  ///< No answer: not connected, too late, queue full; see `text`.
  };

  kind what = kind::lost;
  std::string text;
  std::int64_t number = 0;
  std::vector<reply> items;

  [[nodiscard]] bool ok() const noexcept {
    return what != kind::error && what != kind::lost;
  }
  static reply none(std::string why) {
    return {kind::lost, std::move(why), 0, {}};
  }
};

/// One Redis command in wire form. Words may hold any bytes.
class command {
public:
  command(std::initializer_list<std::string_view> words) {
    for (auto x : words)
      add(x);
  }

  command& add(std::string_view word);
  command& add(std::int64_t number);

  [[nodiscard]] std::size_t bytes() const noexcept {
    return body_.size();
  }
  [[nodiscard]] std::size_t words() const noexcept {
    return words_;
  }
  /// Appends the wire form.
  void write_to(std::string& out) const;

private:
  std::size_t words_ = 0;
  std::string body_;
};

} // namespace hansom::redis
