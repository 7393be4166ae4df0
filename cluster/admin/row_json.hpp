#pragma once

#include "cluster/admin/admin_desk.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

/// How probes, messages and incidents look as JSON; see README.md.
namespace hansom {

/// Rounds to one decimal, for people.
double tenths(double x);
double per_second(std::uint64_t n, double seconds);
/// @returns how much of one core, in percent.
double busy_pct(std::uint64_t ns, double seconds);

nlohmann::json row_json(const admin_desk& desk, const survey& from,
                        const survey_row& x);

/// What an actor remembers, newest first.
nlohmann::json memories_json(const probe& p);

/// @param who sees the text only as an operator.
nlohmann::json record_json(const message_record& x, client_role who);

/// {"total":..,"by":[..],"last":[..]}.
nlohmann::json incidents_json(const incident_log& from);

/// @returns a sentence when no actor (of this kind) can be in this state; else
///          an empty text.
std::string known_state(const std::optional<entity_kind>& kind,
                        const std::string& state);

} // namespace hansom
