#pragma once

#include "actors/runtime/runtime.hpp"

#include <prometheus/collectable.h>

#include <memory>

namespace hansom {

/// What actors are, how long their messages wait and take, and what went wrong
/// among them. Read from probes and the observatory; no actor is asked.
/// @param actors must outlive the result.
std::shared_ptr<prometheus::Collectable> make_actor_collector(runtime& actors);

} // namespace hansom
