#pragma once

#include "actors/type_ids.hpp"
#include "cluster/mesh/mesh_versions.hpp"

#include <string>

namespace hansom {

/// What nodes say to each other: the one CAF message between them.
enum class frame_kind : std::uint8_t {
  hello = 1, ///< The dialling side greets the other's port; `mesh_hello`.
  welcome,   ///< The answer, from who will handle the link; `mesh_hello`.
  bye,       ///< The greeting was turned away; text.
  data,      ///< Entries, see mail_codec.hpp; `number` counts up from 1.
  ack,       ///< All up to `number` has been handled; `mesh_refusal`s.
  ping,      ///< `number` comes back in a pong.
  pong,
};

struct mesh_frame {
  std::uint16_t version = mesh_versions().max;
  frame_kind kind = frame_kind::ping;
  std::uint64_t from = 0; ///< Incarnations.
  std::uint64_t to = 0;
  std::uint64_t number = 0;
  std::string body;
};
HANSOM_RECORD(mesh_frame, version, kind, from, to, number, body)

/// What both sides of a link must agree on.
struct mesh_hello {
  std::uint16_t version_min = mesh_versions().min;
  std::uint16_t version_max = mesh_versions().max;
  std::uint32_t heartbeat_ms = 0;
  std::uint32_t timeout_ms = 0;
  std::string cluster;
};
HANSOM_RECORD(mesh_hello, version_min, version_max, heartbeat_ms, timeout_ms,
              cluster)

/// An entry of a frame that was not taken.
struct mesh_refusal {
  std::uint32_t index = 0;
  std::uint8_t why = 0;
  std::uint64_t owner = 0;
  std::uint64_t epoch = 0;
};
HANSOM_RECORD(mesh_refusal, index, why, owner, epoch)

} // namespace hansom

CAF_BEGIN_TYPE_ID_BLOCK(hansom_mesh, caf::id_block::hansom::end)

  CAF_ADD_TYPE_ID(hansom_mesh, (hansom::mesh_frame))

CAF_END_TYPE_ID_BLOCK(hansom_mesh)
