// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/fair_mutex.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

namespace quipu {
namespace {

using namespace std::chrono_literals;

TEST(FairMutex, AThreadThatAsksAgainAtOnceDoesNotKeepOthersOut) {
    FairMutex mutex;
    std::atomic<bool> asks = false;
    std::atomic<bool> had = false;
    mutex.lock();
    std::thread other([&] {
        asks = true;
        mutex.lock();
        had = true;
        mutex.unlock();
    });
    while (!asks) std::this_thread::yield();
    // It may take a moment between saying that it asks and asking.
    int more = 0;
    for (; more < 200 && !had; ++more) {
        std::this_thread::sleep_for(1ms);
        mutex.unlock();
        mutex.lock();
    }
    mutex.unlock();
    other.join();
    EXPECT_LT(more, 200);
}

TEST(FairMutex, OneHasATurnAtATime) {
    FairMutex mutex;
    int count = 0;
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int each = 0; each < 4; ++each) {
        threads.emplace_back([&] {
            for (int again = 0; again < 500; ++again) {
                const std::scoped_lock lock(mutex);
                ++count;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(count, 2000);
}

TEST(FairMutex, NobodyWaitsForATurnThatBecameNeedless) {
    FairMutex mutex;
    std::atomic<bool> needless = false;
    mutex.lock();
    std::thread reader([&] { EXPECT_FALSE(mutex.lock_unless([&] { return needless.load(); })); });
    std::atomic<bool> had = false;
    std::thread writer([&] {
        mutex.lock();
        had = true;
        mutex.unlock();
    });
    needless = true;
    mutex.wake();
    reader.join();  // though the turn is still taken
    EXPECT_FALSE(had);
    mutex.unlock();
    writer.join();  // though the reader may have been before it
    EXPECT_TRUE(mutex.lock_unless([] { return false; }));
    mutex.unlock();
}

}  // namespace
}  // namespace quipu
