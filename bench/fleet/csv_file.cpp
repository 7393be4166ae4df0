#include "bench/fleet/csv_file.hpp"

#include "bench/fleet/demand.hpp"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace hansom::fleet {

namespace {

constexpr std::size_t line_max = 65'536;

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names)
    out += (out.empty() ? "" : ", ") + name;
  return out;
}

} // namespace

void csv_file::closer::operator()(void* file) const noexcept {
  gzclose(static_cast<gzFile>(file));
}

csv_file::csv_file(std::string path) : path_{std::move(path)} {
  file_.reset(gzopen(path_.c_str(), "rb"));
  if (!file_)
    throw demand_error{path_ + ": cannot be read: "
                       + (errno != 0 ? std::strerror(errno) : "no memory")};
  gzbuffer(static_cast<gzFile>(file_.get()), 128 * 1024);
  if (!read_line() || line_.empty())
    throw demand_error{path_
                       + ":1: a header line with column names is "
                         "expected, found nothing"};
  split();
  header_ = fields_;
}

csv_file::~csv_file() = default;

std::size_t csv_file::column(std::string_view name) const {
  auto i = std::find(header_.begin(), header_.end(), name);
  if (i == header_.end())
    throw demand_error{path_ + ":1: no column '" + std::string{name}
                       + "'; there are: " + joined(header_)};
  return static_cast<std::size_t>(i - header_.begin());
}

bool csv_file::next() {
  do {
    if (!read_line())
      return false;
  } while (line_.empty());
  split();
  if (fields_.size() != header_.size())
    fail("has " + std::to_string(fields_.size()) + " fields, the header names "
         + std::to_string(header_.size()));
  return true;
}

double csv_file::number(std::size_t column, double low, double high) const {
  const std::string& text = fields_[column];
  double out = 0;
  auto end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, out);
  if (error != std::errc{} || at != end || !(out >= low && out <= high)) {
    char range[80];
    std::snprintf(range, sizeof range, "' must be a number from %g to %g", low,
                  high);
    fail(header_[column] + ": '" + text + range);
  }
  return out;
}

void csv_file::fail(const std::string& message) const {
  throw demand_error{path_ + ':' + std::to_string(line_number_) + ": "
                     + message};
}

bool csv_file::read_line() {
  auto file = static_cast<gzFile>(file_.get());
  char piece[4096];
  line_.clear();
  ++line_number_;
  while (gzgets(file, piece, sizeof piece) != nullptr) {
    line_ += piece;
    if (line_.back() == '\n') {
      line_.pop_back();
      if (!line_.empty() && line_.back() == '\r')
        line_.pop_back();
      return true;
    }
    if (line_.size() > line_max)
      fail("longer than 64 KiB; is this a table of trips?");
  }
  int error = Z_OK;
  const char* why = gzerror(file, &error);
  if (error != Z_OK && error != Z_STREAM_END)
    fail("the file is damaged or cut off: " + std::string{why});
  return !line_.empty();
}

void csv_file::split() {
  fields_.clear();
  fields_.emplace_back();
  bool quoted = false;
  for (std::size_t i = 0; i < line_.size(); ++i) {
    const char c = line_[i];
    if (c == '"' && quoted && i + 1 < line_.size() && line_[i + 1] == '"') {
      fields_.back() += '"';
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields_.emplace_back();
    } else {
      fields_.back() += c;
    }
  }
  if (quoted)
    fail("a quoted field does not end on its line");
}

} // namespace hansom::fleet
