#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hansom::fleet {

/// Reads a table of comma-separated values line by line, plain or gzip; the
/// first line names the columns. Fields may be quoted, but not span lines.
class csv_file {
public:
  /// @throws demand_error when the file cannot be opened or has no header.
  explicit csv_file(std::string path);
  ~csv_file();

  csv_file(const csv_file&) = delete;
  csv_file& operator=(const csv_file&) = delete;

  const std::vector<std::string>& header() const noexcept {
    return header_;
  }

  /// @returns where the column is.
  /// @throws demand_error naming the columns that there are.
  std::size_t column(std::string_view name) const;

  /// Goes to the next line that is not empty.
  /// @returns `false` at the end.
  /// @throws demand_error on a damaged file, a line too long, or a number of
  ///         fields that differs from the header's.
  bool next();

  /// @pre next() was true. Valid until the next call of it.
  std::string_view field(std::size_t column) const noexcept {
    return fields_[column];
  }

  /// @throws demand_error with file, line and column unless the field is a
  ///         number in [low, high].
  double number(std::size_t column, double low, double high) const;

  /// @throws demand_error with file and line.
  [[noreturn]] void fail(const std::string& message) const;

private:
  bool read_line();
  void split();

  struct closer {
    void operator()(void* file) const noexcept;
  };
  std::string path_;
  std::unique_ptr<void, closer> file_;
  std::size_t line_number_ = 0;
  std::string line_;
  std::vector<std::string> header_;
  std::vector<std::string> fields_;
};

} // namespace hansom::fleet
