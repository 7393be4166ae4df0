#include "persistence/store.hpp"

namespace hansom::store {

std::string to_string(outcome x) {
  switch (x) {
  case outcome::committed:
    return "committed";
  case outcome::duplicate_command:
    return "duplicate_command";
  case outcome::claim_lost:
    return "claim_lost";
  case outcome::stale_epoch:
    return "stale_epoch";
  case outcome::sequence_conflict:
    return "sequence_conflict";
  case outcome::rejected:
    return "rejected";
  case outcome::unavailable:
    return "unavailable";
  }
  return "unknown";
}

} // namespace hansom::store
