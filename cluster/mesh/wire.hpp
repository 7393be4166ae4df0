#pragma once

#include <caf/meta/annotation.hpp>
#include <caf/optional.hpp>

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// The packed binary form of records between nodes: fields in order, integers
/// little-endian and of fixed size, text and lists behind a 32-bit count. CAF's
/// own format costs ten times as much and believes every count that it reads.
namespace hansom::wire {

static_assert(std::endian::native == std::endian::little,
              "byte swapping is not written");

template <class T>
inline constexpr bool is_note = caf::meta::is_annotation<T>::value;

/// Appends what it is shown; works with `inspect`.
class writer {
public:
  using result_type = void;

  explicit writer(std::string& out) : out_{out} {
  }

  template <class... Ts>
  void operator()(Ts&&... xs) {
    (put(xs), ...);
  }

  template <class T>
  void put(const T& x) {
    if constexpr (is_note<T>) {
      return;
    } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      out_.append(reinterpret_cast<const char*>(&x), sizeof x);
    } else {
      static_assert(!std::is_floating_point_v<T>,
                    "no floating point between nodes");
      inspect(*this, const_cast<T&>(x));
    }
  }
  void put(const std::string& x) {
    put_count(x.size());
    out_ += x;
  }
  template <class T>
  void put(const std::vector<T>& xs) {
    put_count(xs.size());
    for (auto& x : xs)
      put(x);
  }
  template <class T>
  void put(const caf::optional<T>& x) {
    put(static_cast<bool>(x));
    if (x)
      put(*x);
  }

private:
  void put_count(std::size_t n) {
    put(static_cast<std::uint32_t>(n));
  }

  std::string& out_;
};

/// Reads what a writer wrote. Never reads beyond its text, and allocates no
/// more than the text could fill. Fields that a shorter, older form of the
/// outermost record lacks keep their values.
class reader {
public:
  using result_type = void;

  explicit reader(std::string_view in) : in_{in} {
  }

  template <class... Ts>
  void operator()(Ts&&... xs) {
    auto outermost = depth_++ == 0;
    (take(xs, outermost), ...);
    --depth_;
  }

  /// @returns whether all that was asked for was there and made sense.
  [[nodiscard]] bool ok() const noexcept {
    return ok_;
  }
  [[nodiscard]] std::string_view rest() const noexcept {
    return in_;
  }

  template <class T>
  void get(T& x) {
    if constexpr (is_note<std::remove_const_t<T>>) {
      return;
    } else if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t byte = 0;
      get(byte);
      ok_ = ok_ && byte <= 1;
      x = byte == 1;
    } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      if (need(sizeof x)) {
        std::memcpy(&x, in_.data(), sizeof x);
        in_.remove_prefix(sizeof x);
      }
    } else {
      inspect(*this, x);
    }
  }
  void get(std::string& x) {
    auto n = get_count(1);
    if (need(n)) {
      x.assign(in_.data(), n);
      in_.remove_prefix(n);
    }
  }
  template <class T>
  void get(std::vector<T>& xs) {
    auto n = get_count(1); // An element takes at least a byte.
    xs.clear();
    for (std::size_t i = 0; i < n && ok_; ++i)
      get(xs.emplace_back());
  }
  template <class T>
  void get(caf::optional<T>& x) {
    bool there = false;
    get(there);
    x = caf::none;
    if (there && ok_) {
      T y{};
      get(y);
      x = std::move(y);
    }
  }

private:
  template <class T>
  void take(T&& x, bool outermost) {
    if (ok_ && !(outermost && in_.empty()))
      get(x);
  }

  bool need(std::size_t n) {
    ok_ = ok_ && in_.size() >= n;
    return ok_;
  }

  std::size_t get_count(std::size_t least) {
    std::uint32_t n = 0;
    get(n);
    ok_ = ok_ && n <= in_.size() / least;
    return ok_ ? n : 0;
  }

  std::string_view in_;
  bool ok_ = true;
  int depth_ = 0;
};

template <class T>
void append(std::string& out, const T& x) {
  writer{out}.put(x);
}

/// @returns whether `in` is a `T`, perhaps of an older or newer form.
template <class T>
bool read(std::string_view in, T& x) {
  reader r{in};
  r.get(x);
  return r.ok();
}

} // namespace hansom::wire
