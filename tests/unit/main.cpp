#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

/// Asked by the leak sanitizer. libpqxx 6.4 loses the last result of a
/// connection that breaks, 2 kB each time.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:pqxx::connection_base::exec\n";
}
