#include "cluster/admin/order_body.hpp"

namespace hansom {

std::string body_fault(const decode_error& x, std::string_view expected) {
  return "body" + (x.where.empty() ? "" : ", " + x.where) + ": " + x.message
         + " Expected " + std::string{expected};
}

std::string name_of(const identity& who) {
  return std::string{to_text(who.role)} + '/' + who.subject;
}

} // namespace hansom
