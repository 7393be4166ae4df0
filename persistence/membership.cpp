#include "persistence/membership.hpp"

namespace hansom::store {

std::string to_string(node_status x) {
  switch (x) {
  case node_status::alone:
    return "alone";
  case node_status::joining:
    return "joining";
  case node_status::active:
    return "active";
  case node_status::draining:
    return "draining";
  case node_status::left:
    return "left";
  case node_status::dead:
    return "dead";
  }
  return "unknown";
}

bool is_member(node_status x) noexcept {
  return x == node_status::joining || x == node_status::active
         || x == node_status::draining;
}

std::string to_string(join_verdict x) {
  switch (x) {
  case join_verdict::joined:
    return "joined";
  case join_verdict::wrong_shards:
    return "wrong_shards";
  case join_verdict::wrong_hash:
    return "wrong_hash";
  case join_verdict::wrong_schema:
    return "wrong_schema";
  case join_verdict::wrong_protocol:
    return "wrong_protocol";
  case join_verdict::wrong_config:
    return "wrong_config";
  case join_verdict::name_taken:
    return "name_taken";
  }
  return "unknown";
}

std::string to_string(evidence x) {
  switch (x) {
  case evidence::refused:
    return "refused";
  case evidence::reset:
    return "reset";
  case evidence::timeout:
    return "timeout";
  }
  return "unknown";
}

} // namespace hansom::store
