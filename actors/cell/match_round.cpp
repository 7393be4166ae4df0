#include "actors/cell/match_round.hpp"

#include <algorithm>
#include <unordered_map>

namespace hansom {

namespace {

/// A baseline must not profit from terms that it is measured against.
match_cost_config cost_terms(const dispatch_config& config) {
  if (config.policy != match_policy::first_come_nearest)
    return config.cost;
  auto plain = config.cost;
  plain.waiting_weight_milli = 0;
  plain.idle_weight_milli = 0;
  plain.class_spare_s = 0;
  plain.starvation_after = config.match_timeout * 100;
  return plain;
}

match_request to_match_request(const want_driver& x) {
  return {x.trip, x.pickup, x.service, x.requested_at, x.excluded};
}

/// The k best of the books within a radius: free ones, and soon-free ones where
/// the policy looks forward.
/// @param refused `void(const match_driver&, gate, metres)`.
/// @param found `void(const match_driver&, metres)`.
template <class Refused, class Found>
void search(const driver_books& books, const request_book& requests,
            const match_request& what, std::size_t k, std::uint32_t radius_m,
            const dispatch_config& config, timestamp now, Refused&& refused,
            Found&& found) {
  std::vector<near_driver> near;
  auto look = [&](const driver_index& where) {
    auto to_driver = [&](driver_id id) {
      auto driver = to_match_driver(id, *books.find(id), now);
      driver.taken = requests.is_proposed(id) || books.is_shunned(id, now);
      return driver;
    };
    auto good = [&](const near_driver& x) {
      auto driver = to_driver(x.driver);
      auto why = check_gates(what, driver, now, config.gates);
      if (why != gate::none)
        refused(driver, why, x.metres);
      return why == gate::none;
    };
    where.nearest(what.pickup, k, radius_m, good, near);
    for (auto& x : near)
      found(to_driver(x.driver), x.metres);
  };
  look(books.free());
  if (config.policy == match_policy::batch_forward)
    look(books.soon_free());
}

} // namespace

/// What the solver works on, and the prices behind it.
struct match_round::edges {
  std::vector<candidate> candidates;
  std::vector<match_price> prices;
};

match_round::match_round(const dispatch_config& config, const eta_model& eta,
                         cell_id cell, std::uint64_t number, timestamp now)
  : config_{config}, eta_{eta}, cell_{cell}, number_{number}, now_{now} {
}

void match_round::add(const waiting_request& x) {
  asked_.push_back({to_match_request(x.want), {}, {}, {}, 0});
}

std::size_t match_round::wanted() const noexcept {
  return std::min<std::size_t>(config_.candidates_k,
                               asked_.size() + spare_candidates);
}

void match_round::look(const driver_books& books,
                       const request_book& requests) {
  for (auto& x : asked_)
    search(
      books, requests, x.request, wanted(), config_.gates.max_pickup_radius_m,
      config_, now_,
      [&](const match_driver& driver, gate why, std::uint32_t metres) {
        note_gated(x, driver, why, metres);
      },
      [&](const match_driver& driver, std::uint32_t metres) {
        x.picks.push_back({metres, slot_of(driver)});
      });
  for (auto& x : asked_)
    trim(x);
}

void match_round::take(const std::vector<lent_driver>& drivers,
                       const driver_books& books,
                       const request_book& requests) {
  for (auto& lent : drivers) {
    if (slots_.count(lent.driver) != 0
        || drivers_.size() >= assignment_size_max)
      continue;
    match_driver driver;
    driver.driver = lent.driver;
    driver.at = lent.at;
    driver.seen_at = lent.time;
    driver.idle_since = lent.free_since;
    driver.classes = lent.classes;
    if (lent.free_at)
      driver.free_in_s = static_cast<std::uint32_t>(
        std::max<std::int64_t>((lent.free_at - now_).count(), 0) / 1000 + 1);
    driver.taken =
      requests.is_proposed(lent.driver) || books.is_shunned(lent.driver, now_);
    for (auto& x : asked_) {
      auto metres = books.free().metres(x.request.pickup, lent.at);
      auto why = check_gates(x.request, driver, now_, config_.gates);
      if (why == gate::none)
        x.picks.push_back({metres, slot_of(driver)});
      else
        note_gated(x, driver, why, metres);
    }
  }
  for (auto& x : asked_)
    trim(x);
}

std::optional<std::uint32_t> match_round::reach(std::size_t i) const {
  auto& picks = asked_[i].picks; // Nearest first, by `trim`.
  if (picks.size() < wanted())
    return std::nullopt;
  return picks[wanted() - 1].metres;
}

std::uint32_t match_round::slot_of(const match_driver& x) {
  auto [found, inserted] =
    slots_.try_emplace(x.driver, static_cast<std::uint32_t>(drivers_.size()));
  if (inserted)
    drivers_.push_back(x);
  return found->second;
}

void match_round::note_gated(asked& x, const match_driver& driver, gate why,
                             std::uint32_t metres) const {
  ++x.removed[static_cast<std::size_t>(why)];
  if (x.gated.size() >= config_.explained_drivers_max) {
    ++x.omitted;
    return;
  }
  considered_driver entry;
  entry.driver = driver.driver;
  entry.verdict = match_verdict::gated;
  entry.why = why;
  entry.distance_m = metres;
  x.gated.push_back(entry);
}

/// Free and soon-free candidates come from different books: the best of both.
void match_round::trim(asked& x) const {
  std::sort(x.picks.begin(), x.picks.end(), [&](auto& a, auto& b) {
    return std::pair{a.metres, drivers_[a.driver].driver}
           < std::pair{b.metres, drivers_[b.driver].driver};
  });
  // Twice as many: a soon-free driver is near and yet dear.
  auto most = 2 * wanted();
  if (x.picks.size() > most)
    x.picks.resize(most);
}

void match_round::price(asked& x, std::uint32_t i, edges& out) const {
  auto terms = cost_terms(config_);
  for (auto& p : x.picks) {
    auto& driver = drivers_[p.driver];
    auto price = price_of(x.request, driver, eta_, now_, terms);
    if (auto why = check_eta(price, config_.gates); why != gate::none) {
      note_gated(x, driver, why, p.metres);
      continue;
    }
    out.candidates.push_back({i, p.driver, price.cost});
    out.prices.push_back(price);
  }
}

round_outcome match_round::solve() {
  edges priced;
  for (std::uint32_t i = 0; i < asked_.size(); ++i)
    price(asked_[i], i, priced);
  round_outcome result;
  auto chosen = assign_by(config_.policy, asked_.size(), drivers_.size(),
                          priced.candidates);
  for (auto i : chosen) {
    auto& c = priced.candidates[i];
    auto& driver = drivers_[c.driver];
    result.pairs.push_back({asked_[c.request].request.trip, driver.driver,
                            priced.prices[i].eta_s, priced.prices[i].distance_m,
                            driver.free_in_s > 0});
  }
  result.why = explain(priced, chosen);
  return result;
}

std::vector<match_explanation>
match_round::explain(const edges& priced,
                     const std::vector<std::uint32_t>& chosen) const {
  std::vector<bool> busy(drivers_.size());
  for (auto i : chosen)
    busy[priced.candidates[i].driver] = true;
  std::vector<match_explanation> result;
  for (auto& x : asked_) {
    match_explanation why;
    why.trip = x.request.trip;
    why.cell = cell_;
    why.at = now_;
    why.round = number_;
    why.policy = config_.policy;
    why.waiting = static_cast<std::uint32_t>(asked_.size());
    why.free_drivers = static_cast<std::uint32_t>(drivers_.size());
    why.omitted = x.omitted;
    for (std::size_t g = 0; g < gate_count; ++g)
      if (x.removed[g] != 0)
        why.removed.push_back({static_cast<gate>(g), x.removed[g]});
    result.push_back(std::move(why));
  }
  auto next = chosen.begin(); // Ascending, like the candidates.
  for (std::uint32_t i = 0; i < priced.candidates.size(); ++i) {
    auto& c = priced.candidates[i];
    auto is_chosen = next != chosen.end() && *next == i;
    next += is_chosen;
    considered_driver entry;
    entry.driver = drivers_[c.driver].driver;
    entry.verdict = is_chosen        ? match_verdict::chosen
                    : busy[c.driver] ? match_verdict::elsewhere
                                     : match_verdict::costlier;
    entry.cost = c.cost;
    entry.eta_s = priced.prices[i].eta_s;
    entry.distance_m = priced.prices[i].distance_m;
    note(result[c.request], entry, config_.explained_drivers_max);
  }
  for (std::size_t i = 0; i < asked_.size(); ++i)
    for (auto& gated : asked_[i].gated)
      note(result[i], gated, config_.explained_drivers_max);
  return result;
}

namespace {

bool is_starved(timestamp requested_at, const dispatch_config& config,
                timestamp now) {
  return now - requested_at > config.cost.starvation_after;
}

/// For whom a cell keeps a driver of its own.
struct kept_driver {
  bool starved = false;
  std::uint32_t metres = 0;

  /// @returns whether the one who asks comes first.
  [[nodiscard]] bool yields_to(bool asker_starved,
                               std::uint32_t asker_metres) const noexcept {
    return asker_starved != starved ? asker_starved : asker_metres < metres;
  }
};

using kept_drivers = std::unordered_map<driver_id, kept_driver>;

/// The nearest driver of each own request that waits.
kept_drivers drivers_to_keep(const driver_books& books, request_book& requests,
                             const dispatch_config& config, timestamp now) {
  kept_drivers result;
  if (requests.open_count() == 0
      || books.free().size() + books.soon_free().size() == 0)
    return result;
  auto open = requests.open();
  if (open.size() > keeping_requests_max)
    open.resize(keeping_requests_max);
  for (auto* x : open)
    search(
      books, requests, to_match_request(x->want), 1,
      config.gates.max_pickup_radius_m, config, now,
      [](const match_driver&, gate, std::uint32_t) {},
      [&](const match_driver& driver, std::uint32_t metres) {
        kept_driver keep{is_starved(x->want.requested_at, config, now), metres};
        auto [found, fresh] = result.try_emplace(driver.driver, keep);
        if (!fresh && found->second.yields_to(keep.starved, keep.metres))
          found->second = keep;
      });
  return result;
}

} // namespace

std::vector<lent_driver> drivers_to_lend(const borrow& x,
                                         const driver_books& books,
                                         request_book& requests,
                                         const dispatch_config& config,
                                         timestamp now) {
  std::vector<lent_driver> result;
  if (books.free().size() + books.soon_free().size() == 0)
    return result;
  auto kept = drivers_to_keep(books, requests, config, now);
  for (auto& item : x.items) {
    match_request what{item.trip, item.pickup, item.service, item.requested_at,
                       item.excluded};
    auto starved = is_starved(item.requested_at, config, now);
    search(
      books, requests, what, x.k + kept.size(), x.radius_m, config, now,
      [](const match_driver&, gate, std::uint32_t) {},
      [&](const match_driver& driver, std::uint32_t metres) {
        auto keep = kept.find(driver.driver);
        if (keep != kept.end() && !keep->second.yields_to(starved, metres))
          return;
        auto& book = *books.find(driver.driver);
        result.push_back({driver.driver, driver.at, driver.seen_at,
                          driver.classes, driver.idle_since,
                          driver.free_in_s > 0 ? book.free_at : timestamp{}});
      });
  }
  auto by_id = [](auto& a, auto& b) { return a.driver < b.driver; };
  std::sort(result.begin(), result.end(), by_id);
  auto same = [](auto& a, auto& b) { return a.driver == b.driver; };
  result.erase(std::unique(result.begin(), result.end(), same), result.end());
  return result;
}

} // namespace hansom
