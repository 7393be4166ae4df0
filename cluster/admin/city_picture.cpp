#include "cluster/admin/city_picture.hpp"

#include "cluster/admin/introspection.hpp"

#include <caf/all.hpp>

namespace hansom {

namespace {

constexpr std::size_t cells_max = 5'000;

/// The answers of all cells; whoever answers last hands them on.
struct gathering {
  city_picture picture;
  std::size_t missing = 0;
  std::function<void(city_picture)> done;

  void settle() {
    if (--missing == 0)
      done(std::move(picture));
  }
};

/// One hidden actor a picture: its mailbox puts the answers in order.
void ask_all(caf::actor_system& system, std::vector<caf::actor> cells,
             std::vector<cell_id> names, map_ask question,
             std::shared_ptr<gathering> all) {
  all->missing = cells.size();
  // It may outlive the node that asks: it knows only what it is given here.
  system.spawn<caf::hidden>(
    [cells = std::move(cells), names = std::move(names), question,
     all = std::move(all)](caf::event_based_actor* self) -> caf::behavior {
      for (std::size_t i = 0; i < cells.size(); ++i)
        self
          ->request<caf::message_priority::high>(
            cells[i], caf::duration{answer_within}, question)
          .then(
            [all](cell_picture& x) {
              all->picture.cells.push_back(std::move(x));
              all->settle();
            },
            [all, name = names[i]](const caf::error&) {
              all->picture.silent.push_back(name);
              all->settle();
            });
      return {};
    });
}

} // namespace

cell_source cells_of(runtime& node) {
  return [&node](map_ask question, std::function<void(city_picture)> done) {
    std::vector<caf::actor> cells;
    std::vector<cell_id> names;
    auto all = std::make_shared<gathering>();
    all->picture.at = node.now();
    all->done = std::move(done);
    node.entities().for_each([&](entity_ref who, const resident& x) {
      if (who.kind != entity_kind::cell)
        return;
      if (cells.size() == cells_max) {
        ++all->picture.cut;
        return;
      }
      cells.push_back(x.actor);
      names.push_back(cell_id{who.id});
    });
    if (cells.empty())
      return all->done(std::move(all->picture));
    ask_all(node.system(), std::move(cells), std::move(names), question,
            std::move(all));
  };
}

} // namespace hansom
