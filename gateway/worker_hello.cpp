/// A worker's connections before they speak for a session, and those that speak
/// for a session of another worker.

#include "gateway/worker.hpp"
#include "protocol/server_frames.hpp"

namespace hansom {

namespace {

resume_mirror::session_name name_of(const hello_request& x) {
  return {x.session, x.secret, x.who.client};
}

/// A connection of another worker, as a session sees it: every call travels to
/// the connection's thread.
class remote_link final : public link {
public:
  remote_link(worker& home, std::weak_ptr<connection> to)
    : home_{home}, to_{std::move(to)} {
  }

  void send(std::string text, latest_key key) override {
    home_.post([to = to_, key, text = std::move(text)]() mutable {
      if (auto x = to.lock())
        x->send(std::move(text), key);
    });
  }

  void close(close_code why) override {
    home_.post([to = to_, why] {
      if (auto x = to.lock())
        x->close(why);
    });
  }

private:
  worker& home_;
  std::weak_ptr<connection> to_;
};

} // namespace

void worker::first_frame(connection& from, std::string_view text) {
  auto hello = host_->read_hello(from, text, from.from_header());
  if (!hello)
    return;
  count_hello(from, hello->who.client);
  if (from.is_returning() && !hello->wants_resume)
    return broken_promise(from, hello->id);
  if (!hello->wants_resume || hello->session == 0)
    return open_here(from, std::move(*hello));
  auto at = worker_of(hello->session);
  if (at >= all_.size())
    return open_here(from, std::move(*hello));
  if (at != index_)
    return resume_elsewhere(from, *all_[at], std::move(*hello));
  if (host_->resume(from.shared_from_this(), *hello))
    return from.bind(hello->session, index_);
  if (shared_.mirror != nullptr)
    return restore_here(from, std::move(*hello));
  open_here(from, std::move(*hello));
}

/// A client that comes too often is closed when the count arrives: waiting for
/// it would make everybody's hello slower.
void worker::count_hello(connection& from, entity_ref client) {
  if (shared_.hellos == nullptr)
    return;
  auto weak = std::weak_ptr<connection>{from.shared_from_this()};
  shared_.hellos->count(client, [this, weak] {
    post([this, weak] {
      auto x = weak.lock();
      if (!x || x->phase() != connection_phase::open)
        return;
      metrics_.error(error_code::rate_limited);
      x->send(error_body(error_code::rate_limited,
                         "too many hellos of this client; come back in a "
                         "minute"),
              0);
      x->close(close_code::rate_limited);
    });
  });
}

/// Asks the mirror for a session that this process does not know. The
/// connection belongs to it meanwhile: what comes early is not a hello.
void worker::restore_here(connection& from, hello_request hello) {
  auto weak = std::weak_ptr<connection>{from.shared_from_this()};
  from.bind(hello.session, index_);
  auto name = name_of(hello);
  auto seq = hello.seq;
  shared_.mirror->fetch(
    name, seq,
    [this, weak,
     hello = std::move(hello)](std::optional<resume_mirror::past> found) {
      post([this, weak, hello, found = std::move(found)]() mutable {
        auto back = weak.lock();
        if (!back || back->phase() != connection_phase::open)
          return;
        if (found && host_->restore(back, hello, std::move(*found)))
          return;
        back->unbind();
        open_here(*back, hello);
      });
    });
}

/// Whoever comes by the door of those who resume has to.
void worker::broken_promise(connection& from, std::string_view id) {
  metrics_.frames_bad.add();
  host_->refuse(from, id,
                {error_code::missing_field, "/resume",
                 "the URL says resume, so hello must name the session; "
                 "without one connect to /v1/ws."});
  from.close(close_code::protocol_violation);
}

void worker::open_here(connection& from, hello_request hello) {
  auto id = host_->open(from.shared_from_this(), std::move(hello));
  if (id != 0)
    from.bind(id, index_);
}

/// A session stays where it was born, since actors know it by its worker; a
/// client that comes back through another worker talks through that one.
void worker::resume_elsewhere(connection& from, worker& there,
                              hello_request hello) {
  auto weak = std::weak_ptr<connection>{from.shared_from_this()};
  auto via = std::make_shared<remote_link>(*this, weak);
  from.remote = via;
  from.bind(hello.session, there.index_);
  there.post([this, &there, weak, via, hello = std::move(hello)] {
    if (there.host_->resume(via, hello))
      return;
    auto give_up = [this, weak, hello] {
      post([this, weak, hello] {
        auto back = weak.lock();
        if (!back || back->phase() != connection_phase::open)
          return;
        back->remote.reset();
        back->unbind();
        open_here(*back, hello);
      });
    };
    if (shared_.mirror == nullptr)
      return give_up();
    shared_.mirror->fetch(
      name_of(hello), hello.seq,
      [&there, via, hello, give_up](std::optional<resume_mirror::past> found) {
        there.post(
          [&there, via, hello, give_up, found = std::move(found)]() mutable {
            if (via->lost)
              return;
            if (!found || !there.host_->restore(via, hello, std::move(*found)))
              give_up();
          });
      });
  });
}

} // namespace hansom
