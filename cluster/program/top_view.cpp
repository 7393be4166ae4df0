#include "cluster/program/top_view.hpp"

#include "cluster/admin/admin_client.hpp"
#include "cluster/program/actor_list.hpp"
#include "cluster/program/json_table.hpp"
#include "cluster/program/table.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <sstream>

namespace hansom {

namespace {

using document = nlohmann::json;

constexpr std::array<std::string_view, 7> orders{
  "mailbox", "rate", "busy", "handled", "age", "running", "name"};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    out.push_back(line);
  return out;
}

} // namespace

top_view::top_view(verbs::actor_list_options with) : with_{std::move(with)} {
  with_.limit = std::max<std::size_t>(with_.limit, 200);
}

std::string top_view::path() const {
  if (mode_ == mode::table)
    return verbs::list_path(with_);
  return "/v1/admin/tree?limit=50&cell=" + url_encoded(with_.cell);
}

void top_view::take(const document& answer) {
  if (paused_)
    return;
  note_.clear();
  rows_.clear();
  if (mode_ == mode::table)
    fill_table(answer);
  else
    for (auto& x : answer.value("children", document::array()))
      fill_tree(x, 0);
  keep_cursor();
}

void top_view::take_problem(std::string what) {
  note_ = std::move(what);
}

void top_view::note(std::string what) {
  note_ = std::move(what);
}

void top_view::fill_table(const document& answer) {
  auto rate = window_ ? "rate" : "handled";
  auto busy = window_ ? "busy_pct" : "mean_us";
  std::ostringstream totals;
  std::vector<std::string> total_columns{"kind",        "actors",  "mailbox",
                                         "mailbox_max", "running", rate};
  if (window_)
    total_columns.emplace_back(busy);
  print_table(
    totals, total_columns,
    rows_of(answer.value("totals", document::array()), total_columns));
  heading_ = lines_of(totals.str());
  std::vector<std::string> columns{"actor",   "state",      "mailbox",
                                   rate,      busy,         "age_s",
                                   "running", "running_ms", "parent"};
  auto actors = answer.value("actors", document::array());
  std::ostringstream table;
  print_table(table, columns, rows_of(actors, columns));
  auto lines = lines_of(table.str());
  columns_ = lines.empty() ? "" : lines.front();
  for (std::size_t i = 0; i < actors.size() && i + 1 < lines.size(); ++i)
    rows_.push_back({actors[i].value("actor", ""), lines[i + 1]});
}

void top_view::fill_tree(const document& x, int depth) {
  if (depth == 0 && rows_.empty()) {
    columns_ = "cells, their trips, who takes part";
    heading_.clear();
  }
  auto name = x.value("actor", "");
  auto text =
    std::string(static_cast<std::size_t>(depth) * 2, ' ') + branch_text(x);
  if (x.contains("state"))
    text += "  " + cell_text(x["state"]) + "  mailbox "
            + cell_text(x["mailbox"]) + "  " + cell_text(x["rate"]) + "/s";
  rows_.push_back({name, text});
  for (auto& child : x.value("children", document::array()))
    fill_tree(child, depth + 1);
  if (x.value("more", 0) > 0)
    rows_.push_back(
      {"", std::string(static_cast<std::size_t>(depth + 1) * 2, ' ') + "and "
             + x["more"].dump() + " more"});
}

void top_view::keep_cursor() {
  if (follow_ && !selected_.empty())
    for (std::size_t i = 0; i < rows_.size(); ++i)
      if (rows_[i].name == selected_) {
        cursor_ = i;
        return;
      }
  cursor_ = std::min(cursor_, rows_.empty() ? 0 : rows_.size() - 1);
  if (!follow_)
    selected_ = rows_.empty() ? "" : rows_[cursor_].name;
}

// -- keys ---------------------------------------------------------------------

top_view::wish top_view::press(int key, std::size_t height) {
  return prompt_ == prompt::none ? command(key, height) : press_in_prompt(key);
}

top_view::wish top_view::press_in_prompt(int key) {
  constexpr int escape = 27;
  constexpr int backspace = 127;
  auto what = prompt_;
  if (key == escape) {
    prompt_ = prompt::none;
    return wish::none;
  }
  if (key == backspace || key == '\b') {
    if (!typed_.empty())
      typed_.pop_back();
    return wish::none;
  }
  if (key != '\n' && key != '\r') {
    if (key >= 0x20 && key < 0x7f && typed_.size() < 64)
      typed_ += static_cast<char>(key);
    return wish::none;
  }
  prompt_ = prompt::none;
  if (what == prompt::search) {
    search_ = typed_;
    search();
    return wish::none;
  }
  if (what == prompt::filter) {
    with_.text = typed_;
    return wish::refresh;
  }
  if (typed_ == "yes")
    return wish::passivate;
  note_ = "not confirmed, nothing was changed";
  return wish::none;
}

top_view::wish top_view::command(int key, std::size_t height) {
  auto page = static_cast<std::int64_t>(std::max<std::size_t>(height, 1));
  auto ask = [this](prompt what) {
    prompt_ = what;
    typed_.clear();
    return wish::none;
  };
  switch (key) {
  case 'q':
    return wish::quit;
  case '/':
    return ask(prompt::search);
  case 'n':
    search();
    return wish::none;
  case '\\':
    return ask(prompt::filter);
  case 'k':
    return chosen().empty() ? wish::none : ask(prompt::confirm);
  case 't':
    mode_ = mode_ == mode::table ? mode::tree : mode::table;
    cursor_ = 0;
    return wish::refresh;
  case '<':
  case '>':
    sort_by(key == '<' ? -1 : 1);
    return wish::refresh;
  case 'w':
    window_ = !window_;
    return wish::refresh;
  case 'Z':
    paused_ = !paused_;
    return paused_ ? wish::none : wish::refresh;
  case 'F':
    follow_ = !follow_;
    return wish::none;
  case ' ':
    if (!selected_.empty() && tagged_.erase(selected_) == 0)
      tagged_.insert(selected_);
    move(1);
    return wish::none;
  case 'U':
    tagged_.clear();
    return wish::none;
  case up:
    move(-1);
    return wish::none;
  case down:
    move(1);
    return wish::none;
  case page_up:
    move(-page);
    return wish::none;
  case page_down:
    move(page);
    return wish::none;
  case home:
    move(-static_cast<std::int64_t>(rows_.size()));
    return wish::none;
  case end:
    move(static_cast<std::int64_t>(rows_.size()));
    return wish::none;
  default:
    return wish::none;
  }
}

void top_view::sort_by(int step) {
  auto at =
    std::find(orders.begin(), orders.end(), with_.sort) - orders.begin();
  auto n = static_cast<std::ptrdiff_t>(orders.size());
  with_.sort = orders[static_cast<std::size_t>((at + step + n) % n)];
}

void top_view::move(std::int64_t by) {
  if (rows_.empty())
    return;
  auto last = static_cast<std::int64_t>(rows_.size()) - 1;
  auto to =
    std::clamp<std::int64_t>(static_cast<std::int64_t>(cursor_) + by, 0, last);
  cursor_ = static_cast<std::size_t>(to);
  selected_ = rows_[cursor_].name;
}

/// From the row after the cursor on, then from the top.
void top_view::search() {
  for (std::size_t i = 1; i <= rows_.size(); ++i) {
    auto at = (cursor_ + i) % rows_.size();
    if (rows_[at].text.find(search_) == std::string::npos)
      continue;
    cursor_ = at;
    selected_ = rows_[at].name;
    return;
  }
  note_ = "nothing here has \"" + search_ + "\" in it";
}

std::vector<std::string> top_view::chosen() const {
  if (!tagged_.empty())
    return {tagged_.begin(), tagged_.end()};
  return selected_.empty() ? std::vector<std::string>{}
                           : std::vector{selected_};
}

// -- the screen ---------------------------------------------------------------

std::vector<std::string> top_view::heading() const {
  auto out = heading_;
  out.push_back(std::string{paused_ ? "PAUSED, " : ""}
                + (follow_ ? "FOLLOW, " : "") + "by " + with_.sort
                + (window_ ? ", over the last seconds" : ", since the start"));
  out.push_back(columns_);
  return out;
}

std::vector<top_view::line> top_view::rows(std::size_t height) {
  if (cursor_ < first_)
    first_ = cursor_;
  if (height > 0 && cursor_ >= first_ + height)
    first_ = cursor_ - height + 1;
  std::vector<line> out;
  for (std::size_t i = first_; i < rows_.size() && out.size() < height; ++i)
    out.push_back({rows_[i].text, i == cursor_,
                   tagged_.contains(rows_[i].name) && !rows_[i].name.empty()});
  return out;
}

std::string top_view::footer() const {
  switch (prompt_) {
  case prompt::search:
    return "search: " + typed_ + '_';
  case prompt::filter:
    return "filter by name: " + typed_ + '_';
  case prompt::confirm: {
    auto names = chosen();
    return "ask " + names.front()
           + (names.size() > 1
                ? " and " + std::to_string(names.size() - 1) + " more"
                : "")
           + " to leave memory? It stays if it has something to do. Type yes: "
           + typed_ + '_';
  }
  case prompt::none:
    break;
  }
  if (!note_.empty())
    return note_;
  // A terminal of 80 columns shows all keys.
  return "/find \\filter t:tree <>sort w:window Spc:tag Z:hold F:follow "
         "k:passivate q:quit";
}

} // namespace hansom
