#pragma once

#include "actors/messages.hpp"

#include <caf/all.hpp>

namespace hansom::bench {

/// An actor system as a node has it, on two threads.
struct node_config : caf::actor_system_config {
  node_config() {
    add_message_types<caf::id_block::hansom>();
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{2});
    set("scheduler.max-throughput", std::size_t{50});
  }
};

} // namespace hansom::bench
