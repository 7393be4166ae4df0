#include "cluster/config/property_kinds.hpp"
#include "cluster/config/property_lists.hpp"

namespace hansom::config {

void cluster_properties(std::vector<property>& out) {
  out.insert(
    out.end(),
    {flag("cluster.enabled", AT(cluster.enabled),
          "One of several nodes on a common PostgreSQL; else alone."),
     text("cluster.name", AT(cluster.name), "a text",
          "Nodes of another cluster are refused."),
     text("cluster.address", AT(cluster.address), "an IP address",
          "Where other nodes reach this one; a public one needs TLS."),
     integer("cluster.port", AT(cluster.port), 1, 65535,
             "The same; of this node alone."),
     integer("cluster.weight", AT(cluster.weight), 0, 1000,
             "This node's share of the shards, relative to the others'."),
     integer("cluster.expected_nodes", AT(cluster.expected_nodes), 1, 100,
             "A whole cluster that starts waits 2s for so many."),
     integer("cluster.time_scale", AT(cluster.time_scale), 1, 20,
             "Multiplies all times of failure detection, for starved "
             "machines; the same on all nodes."),
     text("cluster.certificate_file", AT(cluster.certificate_file),
          "a PEM file", "This node's certificate, for TLS between nodes."),
     text("cluster.key_file", AT(cluster.key_file), "a PEM file",
          "Its private key."),
     text("cluster.ca_file", AT(cluster.ca_file), "a PEM file",
          "The authority; whoever has a certificate of it is a member.")});
}

} // namespace hansom::config
