#pragma once

#include "actors/runtime/kind_description.hpp"
#include "gateway/access/identity.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace hansom {

/// @returns the state of an actor of this kind as `who` may see it: operators
///          all, others without what tells of a person. Text that is no JSON
///          comes back as a string.
nlohmann::json masked(const std::string& state, entity_kind kind,
                      client_role who);

} // namespace hansom
