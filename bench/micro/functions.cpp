#include "actors/cell/cell_cover.hpp"
#include "actors/cell/driver_index.hpp"
#include "actors/cell/position_pack.hpp"
#include "actors/driver/position_filter.hpp"
#include "actors/pricing/quote.hpp"
#include "bench/micro/micro.hpp"
#include "bench/micro/timing.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/writer.hpp"

#include <nlohmann/json.hpp>

#include <random>
#include <unordered_map>

namespace hansom::bench {

namespace {

constexpr geo_point here{407'580'000, -739'855'000};
constexpr std::string_view position_text =
  R"({"type":"position","lat":40.7580123,"lon":-73.9855123,)"
  R"("time":1750000000000,"accuracy_m":5,"heading_deg":90})";

class functions {
public:
  functions(const report& to, const effort& how) : to_{to}, how_{how} {
  }

  void run() {
    index();
    decoding();
    encoding();
    quotes();
    small();
  }

private:
  template <class Call>
  double ns(Call&& call) const {
    return ns_per_call(how_.seconds / 5, std::forward<Call>(call));
  }

  void tell(std::string what, double value, std::string unit = "ns",
            std::string baseline = {}, double of = row::unknown) const {
    row x;
    x.measure = std::move(what);
    x.unit = std::move(unit);
    x.value = value;
    x.baseline_name = std::move(baseline);
    x.baseline = of;
    to_(x);
  }

  /// 10,000 drivers in 40 x 40 km.
  void index() const {
    constexpr std::uint32_t drivers = 10'000;
    std::mt19937 random{7};
    std::uniform_int_distribution<std::int32_t> lat{405'800'000, 409'400'000};
    std::uniform_int_distribution<std::int32_t> lon{-742'200'000, -737'500'000};
    driver_index grid{
      {{405'800'000, -742'200'000}, {409'400'000, -737'500'000}}};
    std::unordered_map<driver_id, geo_point> table;
    std::vector<geo_point> at;
    for (std::uint32_t i = 0; i < drivers; ++i) {
      at.push_back({lat(random), lon(random)});
      grid.upsert({i + 1}, at[i], {1});
      table[{i + 1}] = at[i];
    }
    std::uint32_t i = 0;
    auto next = [&]() -> std::uint32_t { return i = (i + 7919) % drivers; };
    const auto plain = ns([&] {
      auto n = next();
      at[n].lat_e7 += 300;
      table[{n + 1}] = at[n];
    });
    tell("driver index: move one of 10,000", ns([&] {
           auto n = next();
           at[n].lat_e7 -= 300;
           grid.upsert({n + 1}, at[n], {2});
         }),
         "ns", "hash table without an index", plain);
    const auto scan = ns([&] {
      std::int64_t best = std::numeric_limits<std::int64_t>::max();
      auto from = at[next()];
      for (auto& x : at) {
        std::int64_t dy = x.lat_e7 - from.lat_e7, dx = x.lon_e7 - from.lon_e7;
        best = std::min(best, dy * dy + dx * dx);
      }
      keep(best);
    });
    std::vector<near_driver> out;
    tell("driver index: 10 nearest within 2 km",
         1e-3 * ns([&] {
           grid.nearest(
             at[next()], 10, 2000, [](const near_driver&) { return true; },
             out);
           keep(out);
         }),
         "us", "look at all for one", 1e-3 * scan);
  }

  void decoding() const {
    const auto document =
      ns([&] { keep(nlohmann::json::parse(position_text, nullptr, false)); });
    position out;
    tell("scan_position: one position",
         ns([&] { keep(scan_position(position_text, out)); }), "ns",
         "nlohmann/json document", document);
    decoded_frame frame;
    decode_error error;
    tell("decode_frame: one position",
         ns([&] { keep(decode_frame(position_text, frame, error)); }), "ns",
         "nlohmann/json document", document);
    const auto text =
      encode_frame("l1-1", trip_request{std::string(quote_token_size, 'a')});
    const auto plain =
      ns([&] { keep(nlohmann::json::parse(text, nullptr, false)); });
    tell("decode_frame: a trip request",
         ns([&] { keep(decode_frame(text, frame, error)); }), "ns",
         "nlohmann/json document", plain);
  }

  void encoding() const {
    offer_view x;
    x.trip = {0x1234'5678'9abc'def0};
    x.pickup = here;
    x.dropoff = {407'359'000, -739'911'000};
    x.fare = {1420, {}};
    x.eta_s = 120;
    x.distance_m = 640;
    x.expires_at = {1'750'000'015'000};
    const auto document = ns([&] {
      nlohmann::json j;
      j["type"] = "offer";
      j["trip"] = to_string(x.trip);
      j["pickup"] = {{"lat", 40.758}, {"lon", -73.9855}};
      j["dropoff"] = {{"lat", 40.7359}, {"lon", -73.9911}};
      j["service"] = "standard";
      j["fare"] = {{"minor", 1420}, {"unit", "USD"}};
      j["eta_s"] = x.eta_s;
      j["distance_m"] = x.distance_m;
      j["expires_at"] = x.expires_at.ms;
      j["queued"] = false;
      keep(j.dump());
    });
    tell("json::frame: an offer", ns([&] { keep(json::frame("offer", x)); }),
         "ns", "nlohmann/json document", document);
  }

  void quotes() const {
    const quote_signer signer{make_quote_key(1, "a secret for measuring")};
    quote_terms terms;
    terms.quote = {1};
    terms.rider = {7};
    terms.pickup = terms.dropoff = here;
    terms.fare = {1420, {}};
    terms.expires_at = {1'750'000'120'000};
    const auto token = signer.sign(terms);
    tell("quote: sign", 1e-3 * ns([&] { keep(signer.sign(terms)); }), "us");
    quote_terms read;
    tell("quote: verify",
         1e-3 * ns([&] {
           keep(signer.verify(token, {7}, {1'750'000'000'000}, read));
         }),
         "us");
  }

  void small() const {
    position_filter_state state;
    position_report report;
    report.at = here;
    report.time = {1'750'000'000'000};
    const position_filter_config config;
    tell("position filter", ns([&] {
           report.time.ms += 1000;
           keep(accept(state, report, report.time, config));
         }));
    auto at = here;
    tell("cell of a position", ns([&] {
           at.lat_e7 += 10;
           keep(cell_of(at, 13));
         }));
    std::string batch;
    tell("pack and unpack a position",
         ns([&] {
           batch.clear();
           for (std::uint64_t i = 1; i <= 50; ++i)
             pack(batch, {driver_id{i}, here, {1'750'000'000'000}, 90});
           std::int64_t sum = 0;
           unpack(batch, [&](const packed_position& x) { sum += x.at.lat_e7; });
           keep(sum);
         }) / 50);
  }

  const report& to_;
  effort how_;
};

} // namespace

void measure_functions(const report& to, const effort& how) {
  functions{to, how}.run();
}

} // namespace hansom::bench
