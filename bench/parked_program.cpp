// SPDX-License-Identifier: Apache-2.0
// What many parked records of one key cost: time to park them, processor time of the idle group,
// the delay of another key, and the time of a status.
// Usage: parked_program [RECORDS]   (default 64000)

#include <fmt/core.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "measure.hpp"
#include "quipu/delivery/publisher.hpp"
#include "quipu/delivery/runtime.hpp"
#include "quipu/store/sqlite/sqlite_store.hpp"

namespace parked_bench {

using namespace std::chrono_literals;
using bench::Clock;
using bench::seconds;

struct Tomorrow {
    static constexpr std::string_view name = "tomorrow";
    static constexpr quipu::RetryPolicy retry{
        .max_retries = 1000, .base = 24h, .factor = 1.0, .longest = 24h, .jitter = 0.0};
    static constexpr quipu::TopicPolicy topic{};
};
struct Booked {
    static constexpr std::string_view event_type = "booked";
    std::string text;
};
struct Events : quipu::Catalogue<quipu::Category<Tomorrow, Booked>> {};

struct Bookings {
    static constexpr std::string_view group = "bookings";
    std::atomic<int> handled{0};
    void on(const quipu::Event<Booked>& event) {
        if (event->text == "fail") throw std::runtime_error("not today");
        ++handled;
    }
};

template <class Condition>
void wait_for(const Condition& condition) {
    while (!condition()) std::this_thread::sleep_for(100us);
}

void measure(std::size_t count) {
    const bench::Directory directory;
    quipu::SqliteOptions options;
    options.path = directory.file("parked.db");
    auto store = quipu::open_sqlite_store(std::move(options)).value();
    quipu::RawPublisher raw(*store, Events::types(), {"bench", "1"});
    quipu::Publisher<Events> publisher(raw);
    Bookings bookings;
    quipu::RuntimeOptions runtime_options;
    runtime_options.producer = {"bench", "1"};
    quipu::DeliveryRuntime runtime(*store, Events::types(), {quipu::bind_group<Events>(bookings)},
                                   std::move(runtime_options));
    if (!runtime.start()) std::abort();

    const auto began = Clock::now();
    constexpr std::size_t batch = 1000;
    for (std::size_t done = 0; done < count; done += batch) {
        const auto published = publisher.transact([&](auto& unit) {
            for (std::size_t i = done; i < std::min(count, done + batch); ++i) {
                unit.publish(Booked{"fail"}, {.key = "one"});
            }
        });
        if (!published) std::abort();
    }
    wait_for([&] {
        const auto status = runtime.status().front();
        return status.parked == count && status.in_flight == 0;
    });
    fmt::print("| all published and parked | {:.2f} s |\n", seconds(Clock::now() - began));

    const double used = bench::process_seconds();
    std::this_thread::sleep_for(5s);
    fmt::print("| idle, processor time | {:.2f} % of a core |\n",
               (bench::process_seconds() - used) / 5 * 100);

    std::vector<double> delays;
    for (int i = 0; i < 100; ++i) {
        const int before = bookings.handled;
        const auto begin = Clock::now();
        if (!publisher.publish(Booked{"ok"}, {.key = "other"})) std::abort();
        wait_for([&] { return bookings.handled != before; });
        delays.push_back(seconds(Clock::now() - begin) * 1e3);
        std::this_thread::sleep_for(20ms);
    }
    fmt::print("| another key, publish to handled, p50 / p99 | {:.2f} / {:.2f} ms |\n",
               bench::median(delays), bench::quantile(delays, 0.99));

    std::vector<double> looks;
    for (int i = 0; i < 100; ++i) {
        const auto begin = Clock::now();
        static_cast<void>(runtime.status());
        looks.push_back(seconds(Clock::now() - begin) * 1e3);
        std::this_thread::sleep_for(20ms);
    }
    fmt::print("| status, p50 / p99 | {:.3f} / {:.3f} ms |\n", bench::median(looks),
               bench::quantile(looks, 0.99));
    if (!runtime.stop(30s)) std::abort();
}

}  // namespace parked_bench

int main(int argc, char** argv) {
    const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 64'000;
    if (count == 0) {
        fmt::print(stderr, "usage: parked_program [RECORDS]\n");
        return 2;
    }
    fmt::print("{} records of one key that fail. WAL, synchronous=FULL.\n\n| | |\n|---|---|\n",
               count);
    parked_bench::measure(count);
    return 0;
}
