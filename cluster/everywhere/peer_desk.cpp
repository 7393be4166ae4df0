#include "cluster/everywhere/peer_desk.hpp"

#include <caf/all.hpp>

#include <charconv>

namespace hansom {

namespace {

constexpr std::string_view more = "more";
constexpr std::string_view last = "last";

/// "NODE/QUESTION", where an answer goes.
bool read_return(std::string_view text, std::uint64_t& node,
                 std::uint64_t& question) {
  auto* end = text.data() + text.size();
  auto first = std::from_chars(text.data(), end, node);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '/')
    return false;
  auto second = std::from_chars(first.ptr + 1, end, question);
  return second.ec == std::errc{} && second.ptr == end;
}

} // namespace

void peer_desk::connect(client_port& way, answerer answers) {
  way_ = &way;
  answers_ = std::move(answers);
}

void peer_desk::ask(caf::actor_system& system, std::uint64_t peer,
                    std::string question, std::chrono::milliseconds within,
                    hearer done) {
  std::uint64_t number = 0;
  {
    std::lock_guard guard{mutex_};
    if (waiting_.size() < questions_max)
      waiting_[number = ++last_].done = done;
  }
  if (number == 0)
    return done(std::nullopt);
  system.spawn<caf::hidden>(
    [this, number, within](caf::event_based_actor* self) -> caf::behavior {
      self->delayed_send(self, within, caf::tick_atom_v);
      return {[this, number, self](caf::tick_atom) {
        finish(number, false);
        self->quit();
      }};
    });
  way_->deliver({{peer, desk_worker, 0},
                 delivery::reply,
                 std::to_string(self_) + '/' + std::to_string(number),
                 std::move(question)});
}

void peer_desk::answer(const client_frame& question) {
  std::uint64_t node = 0;
  std::uint64_t number = 0;
  if (!answers_ || !read_return(question.re, node, number))
    return;
  answers_(question.body, [this, node, number](parts all) {
    if (all.empty())
      all.emplace_back();
    for (std::size_t i = 0; i < all.size(); ++i)
      way_->deliver({{node, desk_worker, number},
                     delivery::reply,
                     std::string{i + 1 == all.size() ? last : more},
                     std::move(all[i])});
  });
}

void peer_desk::take(client_frame part) {
  auto over = part.re == last;
  {
    std::lock_guard guard{mutex_};
    auto found = waiting_.find(part.to.session);
    if (found == waiting_.end())
      return; // Given up before.
    found->second.bytes += part.body.size();
    if (found->second.bytes <= answer_max)
      found->second.heard.push_back(std::move(part.body));
    else
      over = true;
  }
  if (over)
    finish(part.to.session, true);
}

void peer_desk::finish(std::uint64_t question, bool answered) {
  waiting x;
  {
    std::lock_guard guard{mutex_};
    auto found = waiting_.find(question);
    if (found == waiting_.end())
      return;
    x = std::move(found->second);
    waiting_.erase(found);
  }
  if (answered && x.bytes <= answer_max)
    x.done(std::move(x.heard));
  else
    x.done(std::nullopt);
}

void peer_desk::deliver(client_frame frame) {
  if (frame.to.worker != desk_worker)
    return others_.deliver(std::move(frame));
  if (frame.to.session == 0)
    answer(frame);
  else
    take(std::move(frame));
}

void peer_desk::attached(session_ref to, std::string state) {
  others_.attached(to, std::move(state));
}

void peer_desk::close(session_ref to, close_code why) {
  others_.close(to, why);
}

void peer_desk::follow(session_ref to, trip_id trip) {
  others_.follow(to, trip);
}

void append_parts(peer_desk::parts& to, std::string_view text) {
  for (; text.size() > peer_desk::part_max;
       text.remove_prefix(peer_desk::part_max))
    to.emplace_back(text.substr(0, peer_desk::part_max));
  to.emplace_back(text);
}

} // namespace hansom
