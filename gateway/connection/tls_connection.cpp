#include "gateway/connection/connection_impl.hpp"
#include "gateway/connection/transport.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <stdexcept>

namespace hansom {

namespace ssl = net::ssl;

struct tls_context {
  ssl::context context{ssl::context::tls_server};
};

namespace {

class tls_connection final : public connection_over<ssl::stream<tcp_socket>> {
public:
  using connection_over::connection_over;

  void start() override {
    auto me = std::static_pointer_cast<tls_connection>(shared_from_this());
    transport().async_handshake(ssl::stream_base::server,
                                [me](stream_error error) {
                                  if (me->phase() == connection_phase::gone)
                                    return;
                                  if (error) {
                                    me->home().counters().tls_failed.add();
                                    return me->ended(true);
                                  }
                                  me->http_ready();
                                  me->read_request();
                                });
  }
};

} // namespace

void start_tls_connection(connection_home& home, tls_context& tls, int socket,
                          bool is_v6) {
  tcp_socket s{home.io(), is_v6 ? tcp::v6() : tcp::v4(), socket};
  auto x = std::make_shared<tls_connection>(home, std::move(s), tls.context);
  home.add(x);
  x->start();
}

std::shared_ptr<tls_context> load_tls(const std::string& certificate_file,
                                      const std::string& private_key_file) {
  auto result = std::make_shared<tls_context>();
  auto& context = result->context;
  context.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2
                      | ssl::context::no_sslv3 | ssl::context::no_tlsv1
                      | ssl::context::no_tlsv1_1 | ssl::context::single_dh_use);
  // Idle clients give their record buffers back: 34 kB each.
  SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);
  stream_error error;
  context.use_certificate_chain_file(certificate_file, error);
  if (error)
    throw std::runtime_error{"gateway.certificate_file " + certificate_file
                             + ": " + error.message()};
  context.use_private_key_file(private_key_file, ssl::context::pem, error);
  if (error)
    throw std::runtime_error{"gateway.private_key_file " + private_key_file
                             + ": " + error.message()};
  return result;
}

} // namespace hansom
