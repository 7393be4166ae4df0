#pragma once

namespace hansom {

/// Makes sure that our SSL_read, SSL_write, SSL_accept and SSL_connect are part
/// of the program: they clear the thread's error queue before they call
/// OpenSSL's. CAF's TLS never does, and takes the leavings of one failed
/// connection (a port scan, a health check) for the end of all others.
/// @returns whether OpenSSL's own functions were found behind ours.
bool openssl_is_guarded();

} // namespace hansom
