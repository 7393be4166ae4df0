#pragma once

#include "cluster/admin/city_picture.hpp"
#include "cluster/admin/elsewhere.hpp"
#include "cluster/everywhere/peer_desk.hpp"
#include "cluster/mesh/shard_map.hpp"

#include <map>
#include <mutex>

namespace hansom {

/// What people ask of one node and mean of the cluster: lists of all nodes, and
/// actors wherever they are. A question goes to the other nodes as it was
/// asked, with the role of who asks; it says "scope=here", so that it ends
/// there. Thread-safe.
class other_nodes final : public elsewhere {
public:
  struct parts {
    runtime* node = nullptr;
    client_port* way = nullptr; ///< To sessions of all nodes.
    const shard_map* where = nullptr;
    const http_routes* routes = nullptr; ///< Of this node.
    cell_source cells;                   ///< Likewise.
  };

  /// A list of all nodes is there after this, without those that are silent.
  static constexpr milliseconds answer_within{1'500};
  static constexpr milliseconds picture_within{700};
  /// Orders to one actor, and questions that wait for something to happen.
  static constexpr milliseconds forwarded_within{25'000};

  /// @param others whom frames to clients of this node go to.
  other_nodes(client_port& others, std::uint64_t self);

  /// What stands before `others` from now on.
  [[nodiscard]] client_port& port() noexcept {
    return desk_;
  }
  /// Before the links to other nodes begin. All must outlive the last question.
  void connect(parts with);

  /// The cells of all nodes. Those of a node that is silent are silent.
  cell_source cells();

  // -- elsewhere --------------------------------------------------------------

  void gather(const http_handler& here, const http_request& request,
              const http_reply& reply) override;
  bool forward(entity_ref about, const http_request& request,
               const http_reply& reply) override;
  void tell(const http_request& request) override;

private:
  using answer_heard = std::function<void(std::optional<http_response>)>;

  void answer(const std::string& question,
              std::function<void(peer_desk::parts)> reply);
  void ask(std::uint64_t peer, const http_request& request, milliseconds within,
           answer_heard done);
  void add_picture(std::uint64_t peer, const std::optional<peer_desk::parts>& x,
                   city_picture& to);

  peer_desk desk_;
  parts with_;
  std::mutex mutex_; ///< Guards what follows.
  std::map<std::uint64_t, std::vector<cell_id>> last_cells_;
};

} // namespace hansom
