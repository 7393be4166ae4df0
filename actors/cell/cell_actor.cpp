#include "actors/cell/cell_actor.hpp"

#include "actors/cell/cell_cover.hpp"
#include "actors/cell/cell_state.hpp"
#include "actors/interfaces.hpp"
#include "actors/runtime/tracked.hpp"

#include <spdlog/spdlog.h>

namespace hansom {

namespace {

cell_record record_of(entity_ref who, const activation& with) {
  cell_record result;
  std::string why;
  if (with.state && !decode(with.state->state, result, why))
    spdlog::error("{}: the stored price is unreadable ({}); starting at {}",
                  to_string(who), why, result.surge_milli);
  if (with.state)
    result.rev = with.state->rev;
  return result;
}

/// Carries messages to the cell's state and its commits to the journal.
class cell_shell final : public tracked<cell_actor::base> {
public:
  cell_shell(caf::actor_config& config, runtime& node, entity_ref who,
             const cell_record& stored, std::shared_ptr<probe> watch)
    : tracked{config}, node_{node}, who_{who},
      state_{std::make_unique<cell_state>(node, cell_id{who.id}, stored)} {
    watch_with(std::move(watch));
  }

  const char* name() const override {
    return "cell";
  }

  void on_exit() override {
    node_.cells().forget(cell_id{who_.id});
    state_.reset();
  }

  behavior_type make_behavior() override {
    state_->start();
    return {
      [this](const alarm_rang& x) { alarm(x); },
      [this](const describe&) { return state_->describe(); },
      [this](const passivate&) {
        if (state_->may_leave())
          leave();
      },
      [this](const position_batch& x) { state_->positions(x); },
      [this](const driver_status& x) { state_->status(x); },
      [this](const want_driver& x) { state_->want(x); },
      [this](const unwant_driver& x) { state_->unwant(x); },
      [this](const proposal_answer& x) { state_->answered(x); },
      [this](const borrow& x) { state_->borrowed(x); },
      [this](const lend& x) { state_->lent(x); },
      [this](const surge_hint& x) { state_->hint(x); },
      [this](const commit_result& x) {
        if (state_->committed(x))
          return state_->tell_price();
        node_.entities().bury(who_, id());
        quit();
      },
      [this](const explain& x) { return state_->explain(x.trip); },
      [this](const map_ask& x) { return state_->picture(x); },
      [this](const client_ref& from, const quote_ask& x) {
        state_->quote(from, x);
      },
      [this](const client_ref& from, const nearby_ask& x) {
        state_->nearby(from, x);
      },
    };
  }

protected:
  void report(probe& p) const override {
    state_->report(p);
  }

private:
  void alarm(const alarm_rang& x) {
    state_->alarm(x.token);
    if (auto what = state_->take_commit())
      caf::unsafe_send_as(this, node_.writer(), std::move(*what));
    if (state_->is_idle())
      leave();
  }

  void leave() {
    if (node_.retire(who_))
      quit();
  }

  runtime& node_;
  entity_ref who_;
  std::unique_ptr<cell_state> state_;
};

} // namespace

caf::actor spawn_cell(runtime& node, entity_ref who, activation with,
                      std::shared_ptr<probe> watch) {
  if (!is_valid(cell_id{who.id}))
    spdlog::error("{} is no S2 cell", to_string(who));
  return caf::actor_cast<caf::actor>(
    node.system().spawn<cell_shell, caf::lazy_init>(
      node, who, record_of(who, with), std::move(watch)));
}

} // namespace hansom
