#pragma once

#include "actors/runtime/runtime.hpp"
#include "cluster/admin/survey.hpp"

#include <prometheus/collectable.h>

#include <memory>

namespace hansom {

/// What actors are, how long their messages wait and take, and what went wrong
/// among them. Read from probes and the observatory; no actor is asked.
/// @param actors must outlive the result, and so must `probes`.
std::shared_ptr<prometheus::Collectable> make_actor_collector(runtime& actors,
                                                              surveyor& probes);

} // namespace hansom
