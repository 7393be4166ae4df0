#include "cluster/node/logging.hpp"

#include "protocol/json_writer.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace hansom {

namespace {

/// %* : the message as a JSON string.
class json_text final : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& msg, const std::tm&,
              spdlog::memory_buf_t& out) override {
    std::string text;
    json::append(text,
                 std::string_view{msg.payload.data(), msg.payload.size()});
    out.append(text.data(), text.data() + text.size());
  }

  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<json_text>();
  }
};

} // namespace

void set_up_logging(const log_settings& with) {
  spdlog::set_level(spdlog::level::from_str(with.level));
  auto format = std::make_unique<spdlog::pattern_formatter>();
  if (with.json)
    format->add_flag<json_text>('*').set_pattern(
      R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","thread":%t,"text":%*})");
  else
    format->set_pattern("%Y-%m-%d %H:%M:%S.%e %l %v");
  spdlog::set_formatter(std::move(format));
}

} // namespace hansom
