// Measures durable publishing: how many events per second, and how long one takes, with a given
// number in flight. Usage: publish_measure FILE IN_FLIGHT SECONDS [BODY_BYTES
// [EVENTS_PER_AGGREGATE]]
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "store/support.hpp"

namespace {

using Clock = std::chrono::steady_clock;

struct Load {
    std::size_t in_flight = 1;
    std::size_t body_bytes = 707;
    std::int64_t per_aggregate = 5;
};

class Publisher {
  public:
    Publisher(quipu::Store& store, Load load)
        : store_(store), load_(load), first_(store.last_position()) {
        while (noise_.size() < load_.body_bytes + 4096) {
            noise_.push_back(static_cast<char>('a' + random_() % 26));
        }
    }

    void run(std::chrono::duration<double> time) {
        const auto end = Clock::now() + time;
        while (Clock::now() < end) {
            wait_for(load_.in_flight - 1);
            ++waiting_;
            publish();
        }
        wait_for(0);
    }

    void report(double seconds) {
        std::ranges::sort(latencies_);
        const auto at = [&](double share) {
            return latencies_[static_cast<std::size_t>(share *
                                                       static_cast<double>(latencies_.size() - 1))];
        };
        std::printf("in flight %zu: %.0f/s, p50 %.0f us, p99 %.0f us, max %.0f us, errors %zu\n",
                    load_.in_flight, static_cast<double>(latencies_.size()) / seconds, at(0.5),
                    at(0.99), at(1.0), errors_);
    }

  private:
    void publish() {
        const std::int64_t number = first_ + ++made_;
        // Aggregates interleave, as executions that run at the same time do.
        auto record = quipu::test::event(
            number, "execution_completed",
            quipu::test::uuid((std::int64_t{1} << 40) + number / (load_.per_aggregate * 64) * 64 +
                              number % 64));
        record.expires_at = record.timestamp + std::chrono::hours(720);
        record.body = "{\"execution_id\":\"" + record.aggregate_id + "\",\"stdout\":\"";
        if (record.body.size() + 2 < load_.body_bytes) {
            record.body.append(noise_, random_() % 4096, load_.body_bytes - 2 - record.body.size());
        }
        record.body += "\"}";
        const auto start = Clock::now();
        store_.submit(quipu::test::append(std::move(record)),
                      [this, start](const quipu::Result<quipu::Committed>& result) {
                          finished(start, result.has_value());
                      });
    }

    /// Waits until at most `most` are in flight. Sleeps at most once per shared commit.
    void wait_for(std::size_t most) {
        while (waiting_ > most) {
            std::unique_lock lock(mutex_);
            asleep_ = true;
            free_.wait(lock, [&] { return waiting_ <= most; });
            asleep_ = false;
        }
    }

    /// On the store's writer thread.
    void finished(Clock::time_point start, bool good) {
        const std::chrono::duration<double, std::micro> took = Clock::now() - start;
        latencies_.push_back(took.count());
        errors_ += good ? 0 : 1;
        --waiting_;
        if (asleep_) {
            {
                const std::scoped_lock lock(mutex_);
            }
            free_.notify_one();
        }
    }

    quipu::Store& store_;
    const Load load_;
    const std::int64_t first_;
    std::int64_t made_ = 0;
    std::minstd_rand random_{42};
    std::string noise_;
    std::mutex mutex_;
    std::condition_variable free_;
    std::atomic<std::size_t> waiting_ = 0;
    std::atomic<bool> asleep_ = false;
    std::size_t errors_ = 0;
    std::vector<double> latencies_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        std::fprintf(stderr, "usage: %s FILE IN_FLIGHT SECONDS [BYTES [PER_AGGREGATE]]\n", argv[0]);
        return 2;
    }
    Load load{.in_flight = std::strtoul(argv[2], nullptr, 10)};
    const double seconds = std::strtod(argv[3], nullptr);
    load.body_bytes = argc > 4 ? std::strtoul(argv[4], nullptr, 10) : load.body_bytes;
    load.per_aggregate = argc > 5 ? std::strtol(argv[5], nullptr, 10) : load.per_aggregate;
    quipu::SqliteOptions options;
    options.path = argv[1];
    auto store = quipu::open_sqlite_store(options);
    if (!store) {
        std::fprintf(stderr, "%s\n", store.error().message.c_str());
        return 1;
    }
    Publisher publisher(**store, load);
    const auto start = Clock::now();
    publisher.run(std::chrono::duration<double>(seconds));
    publisher.report(std::chrono::duration<double>(Clock::now() - start).count());
    if (const auto health = (*store)->health()) {
        std::printf("%lld events, %.0f bytes each\n", static_cast<long long>(health->events),
                    static_cast<double>(std::filesystem::file_size(options.path)) /
                        static_cast<double>(std::max<std::int64_t>(1, health->events)));
    }
    return 0;
}
