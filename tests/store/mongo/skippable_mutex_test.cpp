// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/skippable_mutex.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace quipu::mongo {
namespace {

TEST(SkippableMutex, HasOneHolderAtATime) {
    SkippableMutex mutex;
    int count = 0;
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int each = 0; each < 4; ++each) {
        threads.emplace_back([&] {
            for (int again = 0; again < 500; ++again) {
                const SkippableLock lock(mutex);
                ++count;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(count, 2000);
}

TEST(SkippableMutex, AWaitEndsOnceItIsNeedless) {
    SkippableMutex mutex;
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
    reader.join();  // though the mutex is still taken
    EXPECT_FALSE(had);
    mutex.unlock();
    writer.join();  // though the reader may have been before it
    const bool locked = mutex.lock_unless([] { return false; });
    EXPECT_TRUE(locked);
    if (locked) mutex.unlock();
}

}  // namespace
}  // namespace quipu::mongo
