// SPDX-License-Identifier: Apache-2.0
#include "quipu/base/mutex.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <thread>

namespace {

using namespace std::chrono_literals;

// Whether another thread could take the mutex now.
bool is_free(quipu::Mutex& mutex) {
    bool taken = false;
    std::jthread([&] {
        if (mutex.try_lock()) {
            taken = true;
            mutex.unlock();
        }
    }).join();
    return taken;
}

TEST(MutexTest, LockHoldsUntilTheEndOfItsScope) {
    quipu::Mutex mutex;
    {
        const quipu::MutexLock lock(mutex);
        EXPECT_FALSE(is_free(mutex));
    }
    EXPECT_TRUE(is_free(mutex));
}

TEST(MutexTest, UnlockedLockReleasesOnce) {
    quipu::Mutex mutex;
    std::optional<quipu::MutexLock> other;
    {
        quipu::MutexLock lock(mutex);
        lock.unlock();
        EXPECT_TRUE(is_free(mutex));
        lock.lock();
        EXPECT_FALSE(is_free(mutex));
        lock.unlock();
        other.emplace(mutex);
    }
    EXPECT_FALSE(is_free(mutex));
}

TEST(MutexTest, UnlockTakesTheMutexAgainAfterAnException) {
    quipu::Mutex mutex;
    const quipu::MutexLock lock(mutex);
    EXPECT_THROW(
        {
            const quipu::MutexUnlock unlock(mutex);
            EXPECT_TRUE(is_free(mutex));
            throw std::runtime_error("called out");
        },
        std::runtime_error);
    EXPECT_FALSE(is_free(mutex));
}

class Mailbox {
  public:
    void put(int value) QUIPU_EXCLUDES(mutex_) {
        {
            const quipu::MutexLock lock(mutex_);
            value_ = value;
        }
        changed_.notify_all();
    }
    int take() QUIPU_EXCLUDES(mutex_) {
        const quipu::MutexLock lock(mutex_);
        waiting_ = true;
        changed_.wait(mutex_, [this]() QUIPU_REQUIRES(mutex_) { return value_ != 0; });
        return value_;
    }
    int take_in_a_loop() QUIPU_EXCLUDES(mutex_) {
        const quipu::MutexLock lock(mutex_);
        waiting_ = true;
        while (value_ == 0) changed_.wait(mutex_);
        return value_;
    }
    bool take_within(std::chrono::milliseconds timeout) QUIPU_EXCLUDES(mutex_) {
        const quipu::MutexLock lock(mutex_);
        return changed_.wait_for(mutex_, timeout,
                                 [this]() QUIPU_REQUIRES(mutex_) { return value_ != 0; });
    }
    bool take_until(std::chrono::steady_clock::time_point time) QUIPU_EXCLUDES(mutex_) {
        const quipu::MutexLock lock(mutex_);
        return changed_.wait_until(mutex_, time,
                                   [this]() QUIPU_REQUIRES(mutex_) { return value_ != 0; });
    }
    // True once a thread waits: it set the flag and let go of the mutex.
    bool is_waiting() QUIPU_EXCLUDES(mutex_) {
        const quipu::MutexLock lock(mutex_);
        return waiting_;
    }
    std::cv_status sleep_for(std::chrono::milliseconds timeout) QUIPU_EXCLUDES(mutex_) {
        const quipu::MutexLock lock(mutex_);
        return changed_.wait_for(mutex_, timeout);
    }
    std::cv_status sleep_until(std::chrono::system_clock::time_point time) QUIPU_EXCLUDES(mutex_) {
        const quipu::MutexLock lock(mutex_);
        return changed_.wait_until(mutex_, time);
    }
    quipu::Mutex& mutex() QUIPU_RETURN_CAPABILITY(mutex_) { return mutex_; }

  private:
    quipu::Mutex mutex_;
    quipu::Condition changed_;
    int value_ QUIPU_GUARDED_BY(mutex_) = 0;
    bool waiting_ QUIPU_GUARDED_BY(mutex_) = false;
};

template <class Take>
void expect_value_from_another_thread(Take take) {
    Mailbox mailbox;
    int taken = 0;
    std::jthread reader([&] { taken = take(mailbox); });
    while (!mailbox.is_waiting()) std::this_thread::yield();
    mailbox.put(7);
    reader.join();
    EXPECT_EQ(taken, 7);
    EXPECT_TRUE(is_free(mailbox.mutex()));
}

TEST(ConditionTest, WaitReleasesTheMutexAndEndsWithThePredicate) {
    expect_value_from_another_thread([](Mailbox& mailbox) { return mailbox.take(); });
}

TEST(ConditionTest, WaitInALoopEndsWhenNotified) {
    expect_value_from_another_thread([](Mailbox& mailbox) { return mailbox.take_in_a_loop(); });
}

TEST(ConditionTest, TimedWaitsReportWhetherThePredicateHolds) {
    Mailbox mailbox;
    EXPECT_FALSE(mailbox.take_within(1ms));
    EXPECT_FALSE(mailbox.take_until(std::chrono::steady_clock::now() - 1s));
    EXPECT_TRUE(is_free(mailbox.mutex()));
    mailbox.put(7);
    EXPECT_TRUE(mailbox.take_within(0ms));
    EXPECT_TRUE(mailbox.take_until(std::chrono::steady_clock::now() - 1s));
    EXPECT_TRUE(is_free(mailbox.mutex()));
}

TEST(ConditionTest, TimedWaitsWithoutAPredicateReportTheTimeout) {
    Mailbox mailbox;
    // A spurious wakeup is legal, a hundred of them are not.
    int woken = 0;
    while (mailbox.sleep_for(1ms) == std::cv_status::no_timeout) ASSERT_LT(++woken, 100);
    while (mailbox.sleep_until(std::chrono::system_clock::now() - 1s) ==
           std::cv_status::no_timeout) {
        ASSERT_LT(++woken, 100);
    }
    EXPECT_TRUE(is_free(mailbox.mutex()));
}

TEST(StoppableConditionTest, StopEndsTheWaitWithoutThePredicate) {
    quipu::Mutex mutex;
    quipu::StoppableCondition condition;
    bool waiting = false;
    bool result = true;
    std::jthread sleeper([&](const std::stop_token& stop) {
        const quipu::MutexLock lock(mutex);
        waiting = true;
        result = condition.wait(mutex, stop, [] { return false; });
        result |= condition.wait_for(mutex, stop, 1h, [] { return false; });
    });
    while (true) {
        const quipu::MutexLock lock(mutex);
        if (waiting) break;
    }
    sleeper.request_stop();
    sleeper.join();
    EXPECT_FALSE(result);
    EXPECT_TRUE(is_free(mutex));
}

TEST(StoppableConditionTest, NotifiedWaitEndsWithThePredicate) {
    quipu::Mutex mutex;
    quipu::StoppableCondition condition;
    bool waiting = false;
    bool done = false;
    bool result = false;
    std::jthread sleeper([&](const std::stop_token& stop) {
        const quipu::MutexLock lock(mutex);
        waiting = true;
        result = condition.wait(mutex, stop, [&] { return done; });
    });
    while (true) {
        const quipu::MutexLock lock(mutex);
        if (!waiting) continue;
        done = true;
        break;
    }
    condition.notify_one();
    sleeper.join();
    EXPECT_TRUE(result);
}

}  // namespace
