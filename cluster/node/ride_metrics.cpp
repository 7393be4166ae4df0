#include "cluster/node/ride_metrics.hpp"

#include "gateway/metrics/metric_families.hpp"

#include <algorithm>

namespace hansom {

namespace {

using metric::add;
using metric::counters;
using metric::families;
using metric::gauges;
using metric::histograms;

constexpr std::array<std::uint32_t, 7> price_bounds_milli{
  1000, 1200, 1500, 2000, 2500, 3000, 5000};

class ride_collector final : public prometheus::Collectable {
public:
  ride_collector(runtime& actors,
                 std::shared_ptr<const journal_writer_stats> written)
    : actors_{actors}, written_{std::move(written)} {
  }

  [[nodiscard]] families Collect() const override {
    families out;
    auto& x = actors_.rides();
    add_ends(out, x);
    add_offers(out, x);
    add_times(out, x);
    add_money(out, x);
    add_cells(out);
    add_commits(out);
    return out;
  }

private:
  static void add_ends(families& out, const ride_figures& x) {
    add(counters(out, "hansom_rides_requested_total", "Durable requests."),
        x.requested);
    add(counters(out, "hansom_rides_assigned_total",
                 "Drivers bound to a trip; again after one was lost, too."),
        x.assigned);
    add(counters(out, "hansom_rides_released_total",
                 "Drivers lost before the pickup; the search began anew."),
        x.released);
    auto& ended = counters(out, "hansom_rides_ended_total",
                           "Rides that are over, by how and by whom.");
    add(ended, x.completed, {{"outcome", "completed"}, {"by", "driver"}});
    add(ended, x.expired, {{"outcome", "expired"}, {"by", "system"}});
    for (std::size_t i = 0; i < cause_count; ++i)
      add(ended, x.cancelled[i],
          {{"outcome", "cancelled"}, {"by", to_string(static_cast<cause>(i))}});
    add(counters(out, "hansom_rides_distance_meters_total",
                 "Driven in completed rides."),
        x.ridden_m);
  }

  static void add_offers(families& out, const ride_figures& x) {
    auto& offers = counters(out, "hansom_offers_ended_total",
                            "Offers to drivers, by what became of them.");
    for (std::size_t i = 0; i < x.offers_ended.size(); ++i)
      add(offers, x.offers_ended[i],
          {{"outcome", to_string(static_cast<offer_outcome>(i))}});
    add(counters(out, "hansom_match_pairs_total",
                 "Pairs that matching rounds have proposed."),
        x.pairs);
  }

  static void add_times(families& out, const ride_figures& x) {
    using metric::milliseconds_unit;
    add(histograms(out, "hansom_ride_match_seconds",
                   "From the request, or the loss of a driver, to a driver."),
        x.match_ms, milliseconds_unit);
    add(histograms(out, "hansom_ride_first_offer_seconds",
                   "From the request to the first offer that a driver holds."),
        x.offer_ms, milliseconds_unit);
    add(histograms(out, "hansom_offer_answer_seconds",
                   "From an offer to its end."),
        x.answer_ms, milliseconds_unit);
    add(histograms(out, "hansom_ride_pickup_seconds",
                   "From a driver to his arrival."),
        x.pickup_s, 1);
    add(histograms(out, "hansom_ride_duration_seconds",
                   "From the start to the end of completed rides."),
        x.ride_s, 1);
    add(histograms(out, "hansom_match_round_seconds",
                   "A cell's matching round, neighbours' answers included."),
        x.round_ms, milliseconds_unit);
    add(histograms(out, "hansom_match_round_requests",
                   "Requests in a matching round."),
        x.round_requests, 1);
    add(histograms(out, "hansom_match_round_candidates",
                   "Different drivers that a matching round looked at."),
        x.round_candidates, 1);
  }

  static void add_money(families& out, const ride_figures& x) {
    auto& payments =
      counters(out, "hansom_payments_captured_total",
               "Fares and fees booked durably, by kind and currency.");
    families more; // A second one in `out` might move the first.
    auto& amounts =
      counters(more, "hansom_payments_captured_minor_units_total",
               "The same in minor units (cents) of the currency.");
    auto all = [&](const money_figures& figures, const char* kind) {
      for (auto& row : figures.rows()) {
        auto count = row.count.load(std::memory_order_relaxed);
        if (count == 0)
          continue;
        auto unit = row.unit.load(std::memory_order_relaxed);
        auto name =
          unit == 0 ? std::string{"other"} : to_string(currency{unit});
        add(payments, static_cast<double>(count),
            {{"kind", kind}, {"currency", name}});
        add(amounts, row.minor, {{"kind", kind}, {"currency", name}});
      }
    };
    all(x.fares, "fare");
    all(x.fees, "fee");
    out.push_back(std::move(amounts));
  }

  void add_cells(families& out) const {
    auto cells = actors_.cells().all();
    std::uint64_t free = 0, waiting = 0;
    std::array<std::uint64_t, price_bounds_milli.size() + 1> by_price{};
    double sum = 0;
    for (auto& [cell, row] : cells) {
      free += row.free_drivers;
      waiting += row.waiting;
      sum += row.price_milli / 1000.0;
      auto at = std::lower_bound(price_bounds_milli.begin(),
                                 price_bounds_milli.end(), row.price_milli);
      ++by_price[static_cast<std::size_t>(at - price_bounds_milli.begin())];
    }
    add(gauges(out, "hansom_cells_free_drivers",
               "Free drivers, as the cells' last price update saw them."),
        static_cast<double>(free));
    add(gauges(out, "hansom_cells_waiting_requests",
               "Requests to be matched, likewise."),
        static_cast<double>(waiting));
    auto& prices =
      gauges(out, "hansom_cells_by_surge",
             "Cells whose price multiplier is at most le; all are +Inf.");
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < by_price.size(); ++i) {
      below += by_price[i];
      add(prices, static_cast<double>(below),
          {{"le", i == price_bounds_milli.size()
                    ? std::string{"+Inf"}
                    : short_number(price_bounds_milli[i])}});
    }
    add(gauges(out, "hansom_cells_surge_mean", "Mean price multiplier."),
        cells.empty() ? 1 : sum / static_cast<double>(cells.size()));
    name_dearest(out, std::move(cells));
  }

  /// 1500 -> "1.5"
  static std::string short_number(std::uint32_t milli) {
    auto text = std::to_string(milli / 1000);
    if (milli % 1000 != 0)
      text += '.' + std::to_string(milli % 1000 / 100);
    return text;
  }

  /// Ids of cells change with the hour: a bounded number of them at any time.
  static void name_dearest(families& out,
                           std::vector<std::pair<cell_id, cell_row>> cells) {
    auto n = std::min(cells.size(), dearest_cells);
    auto dearer = [](auto& a, auto& b) {
      return a.second.price_milli != b.second.price_milli
               ? a.second.price_milli > b.second.price_milli
               : a.first < b.first;
    };
    std::partial_sort(cells.begin(),
                      cells.begin() + static_cast<std::ptrdiff_t>(n),
                      cells.end(), dearer);
    auto& to = gauges(out, "hansom_cell_surge_ratio",
                      "Price multiplier of the dearest cells.");
    for (std::size_t i = 0; i < n; ++i)
      add(to, cells[i].second.price_milli / 1000.0,
          {{"cell", to_string(cells[i].first)}});
  }

  void add_commits(families& out) const {
    using metric::microseconds_unit;
    add(histograms(out, "hansom_journal_commit_seconds",
                   "One commit of a batch in the store."),
        written_->commit_us, microseconds_unit);
    add(histograms(out, "hansom_journal_write_seconds",
                   "From a write's arrival to its answer, the queue included."),
        written_->answer_us, microseconds_unit);
    add(histograms(out, "hansom_journal_batch_writes", "Writes in a batch."),
        written_->batch_sizes, 1);
    add(counters(out, "hansom_journal_retries_total",
                 "Batches that had to be sent again."),
        written_->retried);
    add(counters(out, "hansom_journal_expired_total",
                 "Writes given up while the store was gone."),
        written_->expired);
    add(gauges(out, "hansom_store_up", "Whether the store takes writes."),
        written_->outage_began_ns.load(std::memory_order_relaxed) == 0 ? 1 : 0);
  }

  runtime& actors_;
  std::shared_ptr<const journal_writer_stats> written_;
};

} // namespace

std::shared_ptr<prometheus::Collectable>
make_ride_collector(runtime& actors,
                    std::shared_ptr<const journal_writer_stats> written) {
  return std::make_shared<ride_collector>(actors, std::move(written));
}

} // namespace hansom
