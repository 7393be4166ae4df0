#include "cluster/everywhere/other_nodes.hpp"

#include "cluster/admin/query_text.hpp"
#include "cluster/admin/rights.hpp"
#include "cluster/everywhere/merge_views.hpp"
#include "cluster/mesh/wire.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

namespace hansom {

namespace {

using document = nlohmann::json;

constexpr std::size_t cells_in_part = 16;
constexpr std::size_t list_usual = 50;

document to_json(const http_request& x) {
  return {{"method", x.method},
          {"path", x.path},
          {"query", x.query + (x.query.empty() ? "" : "&") + "scope=here"},
          {"body", x.body},
          {"role", to_text(x.who->role)},
          {"subject", x.who->subject}};
}

/// @returns nothing when this is no such question.
std::optional<http_request> to_request(const document& x) {
  http_request out;
  identity who;
  if (!parse_role(x.value("role", ""), who.role))
    return std::nullopt;
  who.subject = x.value("subject", "");
  out.method = x.value("method", "");
  out.path = x.value("path", "");
  out.query = x.value("query", "");
  out.body = x.value("body", "");
  out.who = std::move(who);
  // Nothing else is anybody else's business.
  return out.path.starts_with("/v1/admin/") ? std::optional{std::move(out)}
                                            : std::nullopt;
}

/// The status, then the body.
peer_desk::parts to_parts(const http_response& x) {
  peer_desk::parts out{std::to_string(x.status)};
  append_parts(out, x.body);
  return out;
}

std::optional<http_response> to_response(std::optional<peer_desk::parts> x) {
  if (!x || x->size() < 2)
    return std::nullopt;
  http_response out;
  out.status = std::atoi(x->front().c_str());
  for (std::size_t i = 1; i < x->size(); ++i)
    out.body += (*x)[i];
  if (out.status < 100 || out.status > 599)
    return std::nullopt;
  if (out.status >= 400)
    out.content_type = "application/problem+json";
  return out;
}

/// What all nodes say to one question. Its own answer comes first in the view.
struct gathering {
  std::mutex mutex;
  std::size_t missing = 0;
  http_response own;
  std::vector<document> views; ///< Of the others.
  document silent = document::array();
  std::string sort;
  std::size_t limit = list_usual;
  http_reply reply;

  void settle(std::unique_lock<std::mutex> hold) {
    if (--missing > 0)
      return;
    hold.unlock();
    try {
      reply(combined());
    } catch (const document::exception& e) {
      reply(problem(502, "cluster.view_unreadable",
                    std::string{"the nodes' answers do not fit together: "}
                      + e.what()));
    }
  }

  http_response combined() {
    auto view = document::parse(own.body, nullptr, false);
    if (own.status != 200 || !view.is_object()) {
      if (views.empty())
        return std::move(own);
      view = std::move(views.back()); // Of the node that was asked for.
      views.pop_back();
    }
    auto nodes = document::array();
    auto sign = [&nodes](document& x) {
      auto name = x.value("node", "");
      nodes.push_back(name);
      sign_rows(x, name);
    };
    sign(view);
    for (auto& x : views) {
      sign(x);
      // Each has read the same journal.
      if (auto events = x.find("events"); events != x.end())
        for (auto i = events->size(); i-- > 0;)
          if ((*events)[i].value("source", "") == "journal")
            events->erase(i);
      merge_view(view, x);
    }
    order_rows(view, sort, limit);
    view["nodes"] = std::move(nodes);
    view["silent_nodes"] = std::move(silent);
    return {200,
            "application/json",
            view.dump(-1, ' ', false, document::error_handler_t::replace),
            {}};
  }
};

struct city_gathering {
  std::mutex mutex;
  std::size_t missing = 0;
  city_picture city;
  std::function<void(city_picture)> done;

  template <class F>
  void add(F f) {
    std::unique_lock hold{mutex};
    f(city);
    if (--missing > 0)
      return;
    hold.unlock();
    done(std::move(city));
  }
};

/// Which are silent and how many are left out; then the others, some at a time.
peer_desk::parts to_parts(const city_picture& x) {
  peer_desk::parts out(1);
  wire::append(out[0], static_cast<std::uint64_t>(x.cut));
  wire::append(out[0], x.silent);
  for (std::size_t i = 0; i < x.cells.size(); i += cells_in_part) {
    auto begin = x.cells.begin() + static_cast<std::ptrdiff_t>(i);
    auto n = std::min(cells_in_part, x.cells.size() - i);
    std::string part;
    wire::append(part, std::vector<cell_picture>(
                         begin, begin + static_cast<std::ptrdiff_t>(n)));
    out.push_back(std::move(part));
  }
  return out;
}

} // namespace

other_nodes::other_nodes(client_port& others, std::uint64_t self)
  : desk_{others, self} {
}

void other_nodes::connect(parts with) {
  with_ = std::move(with);
  desk_.connect(*with_.way, [this](const std::string& question, auto reply) {
    answer(question, std::move(reply));
  });
}

void other_nodes::answer(const std::string& question,
                         std::function<void(peer_desk::parts)> reply) {
  auto x = document::parse(question, nullptr, false);
  if (!x.is_object())
    return;
  map_ask about;
  std::optional<http_request> request;
  try { // A node of another version may mean something else by these words.
    about = {x.value("drivers_max", std::uint32_t{0}),
             x.value("requests_max", std::uint32_t{0})};
    request = to_request(x);
  } catch (const document::exception& e) {
    return spdlog::warn("a node's question is none: {}", e.what());
  }
  if (x.contains("drivers_max"))
    return with_.cells(about,
                       [reply](const city_picture& y) { reply(to_parts(y)); });
  if (request)
    with_.routes->handle(std::move(*request), [reply](const http_response& y) {
      reply(to_parts(y));
    });
}

void other_nodes::ask(std::uint64_t peer, const http_request& request,
                      milliseconds within, answer_heard done) {
  desk_.ask(with_.node->system(), peer, to_json(request).dump(), within,
            [done = std::move(done)](std::optional<peer_desk::parts> x) {
              done(to_response(std::move(x)));
            });
}

void other_nodes::gather(const http_handler& here, const http_request& request,
                         const http_reply& reply) {
  auto peers = with_.where->peers();
  if (asks_here(request) || peers.empty())
    return here(request, reply);
  if (!may_look(request, reply))
    return;
  auto all = std::make_shared<gathering>();
  all->missing = peers.size() + 1;
  all->reply = reply;
  all->sort = query_value(request.query, "sort");
  if (all->sort.empty())
    all->sort = request.path.ends_with("trips") ? "age" : "mailbox";
  query_number(request.query, "limit", 1, 1000, all->limit);
  for (auto& peer : peers)
    ask(peer.who, request, answer_within,
        [all, who = peer.who](std::optional<http_response> x) {
          std::unique_lock hold{all->mutex};
          if (!x)
            all->silent.push_back('#' + std::to_string(who));
          else if (x->status == 200)
            if (auto view = document::parse(x->body, nullptr, false);
                view.is_object())
              all->views.push_back(std::move(view));
          all->settle(std::move(hold));
        });
  here(request, [all](http_response x) {
    std::unique_lock hold{all->mutex};
    all->own = std::move(x);
    all->settle(std::move(hold));
  });
}

bool other_nodes::forward(entity_ref about, const http_request& request,
                          const http_reply& reply) {
  auto owner = with_.where->owner_of(shard_of(about)).who;
  if (asks_here(request) || owner == 0 || owner == with_.where->self()
      || !request.who)
    return false;
  ask(owner, request, forwarded_within,
      [reply, owner](std::optional<http_response> x) {
        reply(x ? std::move(*x)
                : problem(504, "cluster.node_silent",
                          "node #" + std::to_string(owner)
                            + ", which has it, does not answer"));
      });
  return true;
}

void other_nodes::tell(const http_request& request) {
  if (asks_here(request) || !request.who)
    return;
  for (auto& peer : with_.where->peers())
    ask(peer.who, request, answer_within, [](auto&&) {});
}

void other_nodes::add_picture(std::uint64_t peer,
                              const std::optional<peer_desk::parts>& x,
                              city_picture& to) {
  std::lock_guard guard{mutex_};
  auto& last = last_cells_[peer];
  std::uint64_t cut = 0;
  std::vector<cell_id> silent;
  if (x) {
    wire::reader head{x->front()};
    head.get(cut);
    head.get(silent);
    last = silent;
    for (std::size_t i = 1; i < x->size(); ++i) {
      std::vector<cell_picture> some;
      if (!wire::read((*x)[i], some))
        continue;
      for (auto& cell : some) {
        last.push_back(cell.cell);
        to.cells.push_back(std::move(cell));
      }
    }
  } else {
    silent = last; // Not answering is no reason to vanish.
  }
  to.cut += cut;
  to.silent.insert(to.silent.end(), silent.begin(), silent.end());
}

cell_source other_nodes::cells() {
  return [this](map_ask question, std::function<void(city_picture)> done) {
    auto peers = with_.where->peers();
    auto all = std::make_shared<city_gathering>();
    all->missing = peers.size() + 1;
    all->done = std::move(done);
    {
      std::lock_guard guard{mutex_}; // Who has left takes his cells along.
      std::erase_if(last_cells_, [&](auto& x) {
        return std::none_of(peers.begin(), peers.end(),
                            [&](auto& p) { return p.who == x.first; });
      });
    }
    auto text = document{{"drivers_max", question.drivers_max},
                         {"requests_max", question.requests_max}}
                  .dump();
    for (auto& peer : peers)
      desk_.ask(with_.node->system(), peer.who, text, picture_within,
                [this, all, who = peer.who](std::optional<peer_desk::parts> x) {
                  all->add([&](city_picture& to) { add_picture(who, x, to); });
                });
    with_.cells(question, [all](city_picture x) {
      all->add([&](city_picture& to) {
        to.at = x.at;
        to.cut += x.cut;
        to.cells.insert(to.cells.end(),
                        std::make_move_iterator(x.cells.begin()),
                        std::make_move_iterator(x.cells.end()));
        to.silent.insert(to.silent.end(), x.silent.begin(), x.silent.end());
      });
    });
  };
}

} // namespace hansom
