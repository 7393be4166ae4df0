#include "cluster/mesh/mesh_config.hpp"

#include "cluster/mesh/mesh_frame.hpp"

#include <arpa/inet.h>
#include <caf/all.hpp>
#include <caf/io/all.hpp>
#include <caf/openssl/all.hpp>

#include <array>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace hansom {

namespace {

struct network {
  std::uint32_t address;
  int bits;
};

bool is_private_v4(std::uint32_t x) {
  static constexpr std::array<network, 5> networks{
    {{0x7f000000, 8},    // this machine
     {0x0a000000, 8},    // RFC 1918
     {0xac100000, 12},   //
     {0xc0a80000, 16},   //
     {0xa9fe0000, 16}}}; // link-local
  for (auto& n : networks)
    if (x >> (32 - n.bits) == n.address >> (32 - n.bits))
      return true;
  return false;
}

bool is_private_v6(const in6_addr& x) {
  if (IN6_IS_ADDR_LOOPBACK(&x) || IN6_IS_ADDR_LINKLOCAL(&x))
    return true;
  if (IN6_IS_ADDR_V4MAPPED(&x)) {
    std::uint32_t v4 = 0;
    std::memcpy(&v4, x.s6_addr + 12, sizeof v4);
    return is_private_v4(ntohl(v4));
  }
  return (x.s6_addr[0] & 0xfe) == 0xfc; // unique local
}

bool is_literal(const std::string& x) {
  in_addr v4{};
  in6_addr v6{};
  return ::inet_pton(AF_INET, x.c_str(), &v4) == 1
         || ::inet_pton(AF_INET6, x.c_str(), &v6) == 1;
}

void check_tls(const mesh_tls& x, std::vector<std::string>& out) {
  if (!x.any())
    return;
  for (auto& [name, file] :
       {std::pair{"certificate", x.certificate_file},
        std::pair{"key", x.key_file}, std::pair{"authority", x.ca_file}}) {
    // CAF would fall back to TLS that anybody may join, or abort the process
    // at the first connection.
    if (file.empty())
      out.push_back(std::string{"TLS needs certificate, key and authority; no "}
                    + name + " file is given");
    else if (!std::ifstream{file})
      out.push_back(std::string{"the "} + name + " file " + file
                    + " cannot be read");
  }
}

} // namespace

bool is_private_address(const std::string& x) {
  in_addr v4{};
  if (::inet_pton(AF_INET, x.c_str(), &v4) == 1)
    return is_private_v4(ntohl(v4.s_addr));
  in6_addr v6{};
  return ::inet_pton(AF_INET6, x.c_str(), &v6) == 1 && is_private_v6(v6);
}

std::vector<std::string> check(const mesh_config& x) {
  std::vector<std::string> out;
  if (!is_literal(x.address))
    out.push_back("the address must be a literal IP address, not \"" + x.address
                  + '"');
  else if (!x.tls.any() && !is_private_address(x.address))
    out.push_back("strangers may reach " + x.address
                  + ", and without TLS whoever reaches the port is a member: "
                    "bind a private "
                    "address, or give certificate, key and authority");
  if (x.heartbeat.count() <= 0)
    out.emplace_back("the heartbeat must not be 0: a peer that hangs would "
                     "never be noticed");
  if (x.timeout < 3 * x.heartbeat)
    out.emplace_back("the timeout must be at least three heartbeats");
  if (x.cluster.empty())
    out.emplace_back("the cluster needs a name");
  check_tls(x.tls, out);
  return out;
}

void prepare(caf::actor_system_config& out, const mesh_config& x) {
  // Once the actor system is being made it is too late: it throws half made,
  // and its logger, which the thread still holds, locks a mutex that is gone
  // when the thread ends.
  for (auto& fault : check(x))
    throw std::runtime_error{"mesh: " + fault};
  out.load<caf::io::middleman>();
  out.add_message_types<caf::id_block::hansom_mesh>();
  out.set("middleman.heartbeat-interval", caf::timespan{x.heartbeat});
  out.set("middleman.connection-timeout", caf::timespan{x.timeout});
  out.set("middleman.app-identifiers",
          std::vector<std::string>{"hansom.mesh." + x.cluster});
  out.set("middleman.enable-automatic-connections", false);
  if (!x.tls.any())
    return;
  out.load<caf::openssl::manager>();
  out.openssl_certificate = x.tls.certificate_file;
  out.openssl_key = x.tls.key_file;
  out.openssl_cafile = x.tls.ca_file;
}

} // namespace hansom
