#pragma once

/// Makes connections from accepted sockets. One function per transport, each
/// in its own .cpp, because each costs half a minute to compile.

#include <memory>
#include <string>

namespace hansom {

class connection_home;
struct tls_context;

/// Takes over an accepted, non-blocking socket.
/// @param is_v6 its address family.
void start_plain_connection(connection_home& home, int socket, bool is_v6);
void start_tls_connection(connection_home& home, tls_context& tls, int socket,
                          bool is_v6);

/// Reads certificate chain and key.
/// @throws std::runtime_error which file is unusable, and why.
std::shared_ptr<tls_context> load_tls(const std::string& certificate_file,
                                      const std::string& private_key_file);

} // namespace hansom
