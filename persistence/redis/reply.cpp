#include "persistence/redis/reply.hpp"

namespace hansom::redis {

command& command::add(std::string_view word) {
  body_ += '$';
  body_ += std::to_string(word.size());
  body_ += "\r\n";
  body_ += word;
  body_ += "\r\n";
  ++words_;
  return *this;
}

command& command::add(std::int64_t number) {
  return add(std::string_view{std::to_string(number)});
}

void command::write_to(std::string& out) const {
  out += '*';
  out += std::to_string(words_);
  out += "\r\n";
  out += body_;
}

} // namespace hansom::redis
