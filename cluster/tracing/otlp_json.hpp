#pragma once

#include "protocol/tracer.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hansom {

/// @returns spans as an OTLP ExportTraceServiceRequest in JSON.
/// @param node becomes `service.instance.id`.
std::string to_otlp_json(const std::vector<finished_span>& spans,
                         std::string_view node, std::string_view version);

} // namespace hansom
