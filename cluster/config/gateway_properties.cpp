#include "cluster/config/property_kinds.hpp"
#include "cluster/config/property_lists.hpp"

namespace hansom::config {

using namespace std::chrono_literals;

void gateway_properties(std::vector<property>& out) {
  constexpr std::int64_t most = 1'000'000'000;
  out.insert(
    out.end(),
    {text("gateway.address", AT(gateway.address), "an IP address",
          "Where clients connect."),
     integer("gateway.port", AT(gateway.port), 0, 65'535,
             "0 takes any free one."),
     integer("gateway.threads", AT(gateway.threads), 1, 64,
             "Threads that serve clients."),
     text("gateway.certificate_file", AT(gateway.certificate_file),
          "a PEM file", "With it, clients must use TLS."),
     text("gateway.private_key_file", AT(gateway.private_key_file),
          "a PEM file", "Of the certificate."),
     texts("gateway.origins", AT(gateway.origins), "a list of origins",
           "Browsers' origins that may connect; \"*\" is all."),
     integer("gateway.connections_max", AT(gateway.connections_max), 1,
             1'000'000, "More are answered 503."),
     integer(
       "gateway.handshakes_per_s", AT(gateway.handshakes.per_s), 0, most,
       "New connections a second, of all clients together; 0 is no limit."),
     integer("gateway.handshakes_burst", AT(gateway.handshakes.burst), 1, most,
             "And so many at once."),
     integer("gateway.commands_per_s", AT(gateway.commands.per_s), 0, most,
             "Commands a second and session; 0 is no limit."),
     integer("gateway.commands_burst", AT(gateway.commands.burst), 1, most,
             "And so many at once."),
     integer("gateway.positions_per_s", AT(gateway.positions.per_s), 0, most,
             "Position frames a second and session; 0 is no limit."),
     integer("gateway.positions_burst", AT(gateway.positions.burst), 1, most,
             "And so many at once."),
     integer("gateway.in_flight_max", AT(gateway.in_flight_max), 1, 1000,
             "Unanswered commands per session."),
     duration("gateway.admission_target", AT(gateway.admission.target), 1ms,
              10s, "While work waits longer, new work is refused."),
     integer("gateway.new_work_max", AT(gateway.admission.unanswered_max), 1,
             10'000'000,
             "Unanswered commands per thread; beyond it no new work is "
             "taken."),
     integer("gateway.outbound_bytes_max", AT(gateway.outbound_bytes_max), 4096,
             most, "Waiting for one client; beyond it he is closed as slow."),
     integer("gateway.outbound_frames_max", AT(gateway.outbound_frames_max), 8,
             1'000'000, "The same, counted in frames."),
     duration("gateway.hello_timeout", AT(gateway.hello_timeout), 100ms, 1min,
              "A connection must say hello within."),
     duration("gateway.heartbeat", AT(gateway.heartbeat), 1s, 10min,
              "Two missed and the connection is closed."),
     duration("gateway.session_kept", AT(gateway.session_kept), 0s, 1h,
              "A lost session can be resumed for so long."),
     duration("gateway.command_timeout", AT(gateway.command_timeout), 1s, 1min,
              "Then the client hears that the outcome is unknown."),
     duration("gateway.position_flush", AT(gateway.position_flush), 1ms, 1s,
              "Positions go to their cells so often."),
     text("gateway.console_tiles", AT(gateway.console_tiles),
          "a URL with {z}, {x} and {y}",
          "Raster tiles under the console's map; empty: none, and no foreign "
          "host is asked."),
     text("gateway.console_tiles_credit", AT(gateway.console_tiles_credit),
          "a text", "Whom the tiles are from; shown on the map.")});
}

} // namespace hansom::config
