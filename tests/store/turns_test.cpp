#include "quipu/store/turns.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

namespace quipu {
namespace {

using namespace std::chrono_literals;

TEST(Turns, AThreadThatAsksAgainAtOnceDoesNotKeepOthersOut) {
    Turns turns;
    std::atomic<bool> asks = false;
    std::atomic<bool> had = false;
    turns.lock();
    std::thread other([&] {
        asks = true;
        turns.lock();
        had = true;
        turns.unlock();
    });
    while (!asks) std::this_thread::yield();
    // It may take a moment between saying that it asks and asking.
    int more = 0;
    for (; more < 200 && !had; ++more) {
        std::this_thread::sleep_for(1ms);
        turns.unlock();
        turns.lock();
    }
    turns.unlock();
    other.join();
    EXPECT_LT(more, 200);
}

TEST(Turns, OneHasATurnAtATime) {
    Turns turns;
    int count = 0;
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int each = 0; each < 4; ++each) {
        threads.emplace_back([&] {
            for (int again = 0; again < 500; ++again) {
                const std::scoped_lock lock(turns);
                ++count;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(count, 2000);
}

TEST(Turns, NobodyWaitsForATurnThatBecameNeedless) {
    Turns turns;
    std::atomic<bool> needless = false;
    turns.lock();
    std::thread reader([&] { EXPECT_FALSE(turns.lock_unless([&] { return needless.load(); })); });
    std::atomic<bool> had = false;
    std::thread writer([&] {
        turns.lock();
        had = true;
        turns.unlock();
    });
    needless = true;
    turns.wake();
    reader.join();  // though the turn is still taken
    EXPECT_FALSE(had);
    turns.unlock();
    writer.join();  // though the reader may have been before it
    EXPECT_TRUE(turns.lock_unless([] { return false; }));
    turns.unlock();
}

}  // namespace
}  // namespace quipu
