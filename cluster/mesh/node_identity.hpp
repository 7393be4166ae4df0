#pragma once

#include <cstdint>

namespace hansom {

/// What CAF takes for the process id in its node ids: random, drawn once. The
/// real one is not unique in containers, and a node that came back under the
/// same id would be taken for its predecessor.
std::uint32_t process_identity() noexcept;

} // namespace hansom
