#include "gateway/connection/connection_impl.hpp"
#include "gateway/connection/transport.hpp"

namespace hansom {

namespace {

class plain_connection final : public connection_over<tcp_socket> {
public:
  using connection_over::connection_over;

  void start() override {
    http_ready();
    read_request();
  }
};

} // namespace

void start_plain_connection(connection_home& home, int socket, bool is_v6) {
  tcp_socket s{home.io(), is_v6 ? tcp::v6() : tcp::v4(), socket};
  auto x = std::make_shared<plain_connection>(home, std::move(s));
  home.add(x);
  x->start();
}

} // namespace hansom
