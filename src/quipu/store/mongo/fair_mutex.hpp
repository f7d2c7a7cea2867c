// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

namespace quipu {

/// A mutex whose threads get their turns in the order in which they came. With std::mutex a thread
/// that gives its turn back and asks again at once, as one that writes all the time does, gets the
/// next one, too, and others wait for as long as it has something to write.
class FairMutex {
  public:
    FairMutex() = default;
    FairMutex(const FairMutex&) = delete;
    FairMutex& operator=(const FairMutex&) = delete;

    // As std::unique_lock wants them.
    void lock();
    void unlock();
    /// Waits for a turn, or until it is needless; then false, and no turn is taken. `needless` is
    /// asked at once, and again when a turn ends or wake() is called, under this object's own lock:
    /// it must not throw, wait, or call this object.
    [[nodiscard]] bool lock_unless(const std::function<bool()>& needless);
    /// For who has made a turn needless.
    void wake();

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::uint64_t> waiting_;
    std::uint64_t next_ = 0;
    bool taken_ = false;
};

}  // namespace quipu
