// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/fair_mutex.hpp"

#include <algorithm>

namespace quipu {

void FairMutex::lock() {
    [[maybe_unused]] const bool taken = lock_unless([] { return false; });
}

bool FairMutex::lock_unless(const std::function<bool()>& needless) {
    std::unique_lock lock(mutex_);
    const std::uint64_t mine = next_++;
    waiting_.push_back(mine);
    bool given_up = false;
    changed_.wait(lock, [&] {
        given_up = needless();
        return given_up || (!taken_ && waiting_.front() == mine);
    });
    waiting_.erase(std::ranges::find(waiting_, mine));
    if (given_up) {
        lock.unlock();
        // It may have been the first of those that wait.
        changed_.notify_all();
        return false;
    }
    taken_ = true;
    return true;
}

void FairMutex::unlock() {
    {
        const std::scoped_lock lock(mutex_);
        taken_ = false;
    }
    changed_.notify_all();
}

void FairMutex::wake() {
    {
        const std::scoped_lock lock(mutex_);
    }
    changed_.notify_all();
}

}  // namespace quipu
