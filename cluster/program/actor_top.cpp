#include "cluster/program/actor_list.hpp"
#include "cluster/program/ask.hpp"
#include "cluster/program/exit_codes.hpp"
#include "cluster/program/json_table.hpp"
#include "cluster/program/table.hpp"
#include "cluster/program/top_view.hpp"
#include "cluster/program/voice.hpp"

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <thread>

#define NCURSES_NOMACROS 1
#include <ncurses.h>

namespace hansom::verbs {

namespace {

using document = nlohmann::json;
using steady = std::chrono::steady_clock;

/// The terminal, while it lives.
class screen {
public:
  screen() : window_{::initscr()} {
    ::cbreak();
    ::noecho();
    ::keypad(window_, true);
    ::curs_set(0);
  }
  ~screen() {
    ::endwin();
  }
  screen(const screen&) = delete;
  screen& operator=(const screen&) = delete;

  /// @returns how many rows of actors fit.
  std::size_t draw(top_view& view) {
    ::werase(window_);
    auto lines = getmaxy(window_);
    int y = 0;
    for (auto& text : view.heading())
      put(y++, text, A_BOLD);
    auto height = static_cast<std::size_t>(std::max(1, lines - y - 1));
    for (auto& x : view.rows(height))
      put(y++, (x.tagged ? "*" : " ") + x.text,
          x.selected ? A_REVERSE : A_NORMAL);
    put(lines - 1, view.footer(), A_DIM);
    ::wrefresh(window_);
    return height;
  }

  /// @returns a key in the view's terms; -1 when none came in time.
  int key(int wait_ms) {
    ::wtimeout(window_, wait_ms);
    auto x = ::wgetch(window_);
    switch (x) {
    case KEY_UP:
      return top_view::up;
    case KEY_DOWN:
      return top_view::down;
    case KEY_PPAGE:
      return top_view::page_up;
    case KEY_NPAGE:
      return top_view::page_down;
    case KEY_HOME:
      return top_view::home;
    case KEY_END:
      return top_view::end;
    case KEY_BACKSPACE:
      return '\b';
    case KEY_ENTER:
      return '\n';
    default:
      return x;
    }
  }

private:
  void put(int y, const std::string& text, attr_t how) {
    ::wattrset(window_, static_cast<int>(how));
    ::wmove(window_, y, 0);
    ::waddnstr(window_, text.c_str(), getmaxx(window_));
    ::wattrset(window_, A_NORMAL);
  }

  WINDOW* window_;
};

/// The first line of what was wrong.
std::string complaint_of(const voice& node) {
  return node.reason().substr(0, node.reason().find('\n'));
}

void passivate_all(voice& node, top_view& view) {
  std::size_t left = 0;
  auto names = view.chosen();
  for (auto& name : names) {
    document answer;
    if (node.post("/v1/admin/actors/" + name + "/passivate", document::object(),
                  answer)
        != exit_done)
      return view.note(complaint_of(node));
    left += answer.value("left", false);
  }
  view.note(std::to_string(left) + " of " + std::to_string(names.size())
            + " have left memory");
}

/// Looks once. @returns an exit code.
int refresh(voice& node, top_view& view) {
  document answer;
  auto code = node.get(view.path(), answer);
  if (code == exit_done)
    view.take(answer);
  else
    view.take_problem(complaint_of(node));
  return code;
}

int live(const actor_list_options& with, double every_s) {
  top_view view{with};
  voice node{with.target};
  // What cannot be shown at all should be said on the usual screen.
  if (auto code = refresh(node, view); code != exit_done)
    return node.complain(code);
  screen terminal;
  auto every = std::chrono::duration_cast<steady::duration>(
    std::chrono::duration<double>{every_s});
  auto next = steady::now() + every;
  for (;;) {
    auto height = terminal.draw(view);
    auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(
      next - steady::now());
    auto wish = top_view::wish::none;
    if (auto key = terminal.key(
          static_cast<int>(std::max<std::int64_t>(0, wait.count())));
        key >= 0)
      wish = view.press(key, height);
    if (wish == top_view::wish::quit)
      return exit_done;
    if (wish == top_view::wish::passivate)
      passivate_all(node, view);
    if (wish == top_view::wish::refresh || steady::now() >= next) {
      refresh(node, view);
      next = steady::now() + every;
    }
  }
}

} // namespace

int actor_top(const actor_list_options& with, double every_s, int rounds) {
  if (rounds == 0 && !with.target.json && ::isatty(STDOUT_FILENO) != 0
      && ::isatty(STDIN_FILENO) != 0)
    return live(with, every_s);
  // A rate needs a look before: the first one is not shown.
  document answer;
  if (auto code = ask(with.target, list_path(with), answer); code != exit_done)
    return code;
  for (int round = 0; round < std::max(rounds, 1); ++round) {
    std::this_thread::sleep_for(std::chrono::duration<double>{every_s});
    if (auto code = ask(with.target, list_path(with), answer);
        code != exit_done)
      return code;
    if (with.target.json) {
      std::cout << answer.dump() << '\n';
      continue;
    }
    static const std::vector<std::string> columns{
      "kind",    "actors", "mailbox", "mailbox_max",
      "running", "rate",   "busy_pct"};
    print_table(std::cout, columns, rows_of(answer["totals"], columns));
    std::cout << '\n';
    print_actors(std::cout, answer);
    std::cout.flush();
  }
  return exit_done;
}

} // namespace hansom::verbs
