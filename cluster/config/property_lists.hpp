#pragma once

#include "cluster/config/property.hpp"

/// What each section of the configuration declares. Each appends, in the order
/// of the example file.
namespace hansom::config {

void node_properties(std::vector<property>& out);
void tracing_properties(std::vector<property>& out);
void store_properties(std::vector<property>& out);
void retention_properties(std::vector<property>& out);
void redis_properties(std::vector<property>& out);
void cluster_properties(std::vector<property>& out);
void auth_properties(std::vector<property>& out);
void gateway_properties(std::vector<property>& out);
void trip_properties(std::vector<property>& out);
void position_properties(std::vector<property>& out);
void matching_properties(std::vector<property>& out);
void money_properties(std::vector<property>& out);

} // namespace hansom::config
