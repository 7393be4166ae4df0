#include "bench/micro/bare_rows.hpp"

#include "persistence/postgres/arrays.hpp"
#include "persistence/postgres/session.hpp"

#include <exception>
#include <mutex>
#include <thread>

namespace hansom::bench {

namespace {

using clock = latencies::clock;
using seconds_of = std::chrono::duration<double>;

constexpr const char* insert = "INSERT INTO public.bare(entity, payload) "
                               "SELECT * FROM unnest($1::bigint[], $2::text[])";

void execute(const std::string& url, const char* sql) {
  store::postgres::watchdog dog;
  store::postgres::session{{url}, dog}.execute(sql);
}

std::vector<std::string> rows_of(std::size_t n) {
  store::postgres::array_parameter<std::int64_t> entity;
  store::postgres::array_parameter<std::string_view> payload;
  const std::string text(300, 'x');
  for (std::size_t i = 0; i < n; ++i) {
    entity.push_back(static_cast<std::int64_t>(i));
    payload.push_back(text);
  }
  return {entity.take(), payload.take()};
}

} // namespace

bare_rows::bare_rows(std::string url) : url_{std::move(url)} {
  execute(url_, "DROP TABLE IF EXISTS public.bare; CREATE TABLE public.bare("
                "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
                "entity bigint NOT NULL, payload text NOT NULL)");
}

bare_rows::~bare_rows() {
  try {
    execute(url_, "DROP TABLE public.bare");
  } catch (const std::exception&) { // The database goes, too.
  }
}

pace bare_rows::run(std::size_t rows, std::size_t connections,
                    double seconds) const {
  const auto parameters = rows_of(rows);
  store::postgres::watchdog dog;
  std::mutex mutex;
  latencies all;
  std::exception_ptr failed;
  const auto begin = clock::now();
  auto work = [&] {
    try {
      store::postgres::session db{{url_}, dog};
      db.prepare("bare", insert);
      std::vector<std::pair<clock::time_point, clock::time_point>> took;
      while (seconds_of{clock::now() - begin}.count() < seconds) {
        const auto from = clock::now();
        db.run_binary("bare", parameters);
        took.emplace_back(from, clock::now());
      }
      std::lock_guard hold{mutex};
      for (auto& [from, to] : took)
        all.add(from, to);
    } catch (...) {
      std::lock_guard hold{mutex};
      failed = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < connections; ++i)
    threads.emplace_back(work);
  for (auto& x : threads)
    x.join();
  if (failed)
    std::rethrow_exception(failed);
  auto out = all.finish(seconds_of{clock::now() - begin}.count());
  out.per_s *= static_cast<double>(rows);
  return out;
}

} // namespace hansom::bench
