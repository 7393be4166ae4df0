#include "protocol/json/document.hpp"

#include <nlohmann/json.hpp>

#include <cstring>

namespace hansom::json {

namespace {

using document = nlohmann::json;

/// Receives nlohmann's parse events and builds the document. Its own builder
/// would take any depth and silently let the last of two equal keys win.
class builder {
public:
  builder(document& root, std::size_t depth_max, decode_error& error)
    : root_{root}, depth_max_{depth_max}, error_{error} {
  }

  bool null() {
    return put(nullptr) != nullptr;
  }
  bool boolean(bool x) {
    return put(x) != nullptr;
  }
  bool number_integer(document::number_integer_t x) {
    return put(x) != nullptr;
  }
  bool number_unsigned(document::number_unsigned_t x) {
    return put(x) != nullptr;
  }
  bool number_float(document::number_float_t x, const std::string&) {
    return put(x) != nullptr;
  }
  bool string(std::string& x) {
    return put(std::move(x)) != nullptr;
  }
  bool binary(document::binary_t&) {
    return false; // Text has no binary values.
  }

  bool start_object(std::size_t) {
    return open(document::value_t::object);
  }
  bool end_object() {
    open_.pop_back();
    return true;
  }
  bool start_array(std::size_t) {
    return open(document::value_t::array);
  }
  bool end_array() {
    open_.pop_back();
    return true;
  }

  bool key(std::string& name) {
    auto [member, is_new] =
      open_.back()->get_ref<document::object_t&>().emplace(std::move(name),
                                                           nullptr);
    member_ = &member->second;
    if (is_new)
      return true;
    error_.code = error_code::bad_json;
    error_.message = "an object has two members of the same name; leave one.";
    return false;
  }

  bool parse_error(std::size_t position, const std::string& token,
                   const document::exception&) {
    error_.code = error_code::bad_json;
    error_.message = "not valid JSON at byte " + std::to_string(position);
    if (token.empty())
      error_.message += ": the text ends too early.";
    else
      error_.message += "; send one JSON object, in full.";
    return false;
  }

private:
  template <class T>
  document* put(T&& x) {
    if (open_.empty()) {
      root_ = std::forward<T>(x);
      return &root_;
    }
    if (open_.back()->is_array()) {
      auto& items = open_.back()->get_ref<document::array_t&>();
      return &items.emplace_back(std::forward<T>(x));
    }
    *member_ = std::forward<T>(x);
    return member_;
  }

  bool open(document::value_t kind) {
    if (open_.size() == depth_max_) {
      error_.code = error_code::too_deep;
      error_.message = "objects and lists may nest at most "
                       + std::to_string(depth_max_) + " levels deep.";
      return false;
    }
    // Nothing is added to an outer list while an inner one is open, so the
    // pointers on the stack stay good.
    open_.push_back(put(document(kind)));
    return true;
  }

  document& root_;
  std::size_t depth_max_;
  decode_error& error_;
  std::vector<document*> open_;
  document* member_ = nullptr;
};

/// @returns how many continuation bytes follow `lead`, or -1.
int continuation_count(unsigned char lead) noexcept {
  if (lead >= 0xc2 && lead <= 0xdf)
    return 1;
  if (lead >= 0xe0 && lead <= 0xef)
    return 2;
  if (lead >= 0xf0 && lead <= 0xf4)
    return 3;
  return -1;
}

/// Overlong forms, surrogates and code points above U+10FFFF all show in the
/// byte after the lead.
bool is_second_byte(unsigned char lead, unsigned char x) noexcept {
  switch (lead) {
  case 0xe0:
    return x >= 0xa0 && x <= 0xbf;
  case 0xed:
    return x >= 0x80 && x <= 0x9f;
  case 0xf0:
    return x >= 0x90 && x <= 0xbf;
  case 0xf4:
    return x >= 0x80 && x <= 0x8f;
  default:
    return (x & 0xc0) == 0x80;
  }
}

bool is_ascii_word(const char* at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return (word & 0x8080808080808080ULL) == 0;
}

} // namespace

bool parse(std::string_view text, std::size_t depth_max, document& out,
           decode_error& error) {
  builder events{out, depth_max, error};
  return document::sax_parse(text.begin(), text.end(), &events);
}

bool is_utf8(std::string_view text, std::size_t& bad_at) noexcept {
  const auto byte = [text](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  std::size_t i = 0;
  while (i < text.size()) {
    if (i + 8 <= text.size() && is_ascii_word(text.data() + i)) {
      i += 8;
      continue;
    }
    bad_at = i;
    auto lead = byte(i++);
    if (lead < 0x80)
      continue;
    auto more = continuation_count(lead);
    if (more < 0 || i + static_cast<std::size_t>(more) > text.size()
        || !is_second_byte(lead, byte(i)))
      return false;
    for (int k = 1; k < more; ++k)
      if ((byte(i + static_cast<std::size_t>(k)) & 0xc0) != 0x80)
        return false;
    i += static_cast<std::size_t>(more);
  }
  return true;
}

} // namespace hansom::json
