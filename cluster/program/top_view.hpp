#pragma once

#include "cluster/program/verbs.hpp"

#include <nlohmann/json_fwd.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hansom {

/// What `hansom actor top` shows and how keys change it, without a terminal.
class top_view {
public:
  enum class wish { none, refresh, passivate, quit };
  enum class mode { table, tree };
  /// What is being typed at the bottom; `none`: keys are commands.
  enum class prompt { none, search, filter, confirm };

  /// Keys beyond characters.
  enum special_key : int { up = 0x10000, down, page_up, page_down, home, end };

  explicit top_view(verbs::actor_list_options with);

  /// What to ask the node for.
  [[nodiscard]] std::string path() const;

  /// Takes an answer in; ignored while paused.
  void take(const nlohmann::json& answer);
  void take_problem(std::string what);

  /// A key was pressed; `height` is how many rows fit.
  wish press(int key, std::size_t height);

  /// What is to be passivated after that wish: the tagged, or the one under the
  /// cursor.
  [[nodiscard]] std::vector<std::string> chosen() const;
  /// Says what became of it.
  void note(std::string what);

  struct line {
    std::string text;
    bool selected = false;
    bool tagged = false;
  };
  /// @returns the screen: heading lines, then the rows from the first visible.
  [[nodiscard]] std::vector<std::string> heading() const;
  [[nodiscard]] std::vector<line> rows(std::size_t height);
  [[nodiscard]] std::string footer() const;

  [[nodiscard]] bool paused() const noexcept {
    return paused_;
  }

private:
  struct row {
    std::string name; ///< Empty: a group of the tree.
    std::string text;
  };

  void fill_table(const nlohmann::json& answer);
  void fill_tree(const nlohmann::json& x, int depth);
  wish press_in_prompt(int key);
  wish command(int key, std::size_t height);
  void sort_by(int step);
  void move(std::int64_t by);
  void search();
  void keep_cursor();

  verbs::actor_list_options with_;
  mode mode_ = mode::table;
  prompt prompt_ = prompt::none;
  bool paused_ = false;
  bool follow_ = false; ///< The cursor stays on its actor.
  bool window_ = true;  ///< Rates over a window, or figures since the start.
  std::string typed_;
  std::string note_;
  std::string selected_; ///< Name under the cursor.
  std::string search_;
  std::vector<std::string> heading_;
  std::string columns_;
  std::vector<row> rows_;
  std::set<std::string> tagged_;
  std::size_t cursor_ = 0;
  std::size_t first_ = 0;
};

} // namespace hansom
