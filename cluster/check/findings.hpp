#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

namespace hansom {

/// What a check looked at and what it found, by invariant.
class findings {
public:
  /// Violations told in full, per invariant; the rest is counted.
  static constexpr std::size_t shown = 5;

  /// Names an invariant, so that one that found nothing is seen to have run.
  void declare(const std::string& invariant, std::string meaning);

  /// Counts one thing that was looked at.
  void checked(const std::string& invariant, std::uint64_t n = 1);

  /// Counts a violation.
  void broken(const std::string& invariant, std::string what);

  /// Counts one thing looked at; a violation unless it is fine.
  void expect(const std::string& invariant, bool fine, const std::string& what);

  /// A number beside the invariants, for those who read the JSON.
  void note(const std::string& name, std::uint64_t n);

  std::uint64_t broken_count() const;
  std::uint64_t broken_count(const std::string& invariant) const;

  void write_text(std::ostream& out) const;
  std::string to_json() const;

private:
  struct row {
    std::string meaning;
    std::uint64_t checked = 0;
    std::uint64_t broken = 0;
    std::vector<std::string> examples;
  };
  std::map<std::string, row> rows_;
  std::map<std::string, std::uint64_t> notes_;
};

} // namespace hansom
