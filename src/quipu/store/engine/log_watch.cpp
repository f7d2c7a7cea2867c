// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/engine/log_watch.hpp"

namespace quipu {

void LogWatch::notify() {
    // A waiter counts itself before it looks at the position, so one of the two sees the other.
    if (waiting_.load() == 0) {
        return;
    }
    {
        const MutexLock lock(mutex_);
    }
    moved_.notify_all();
}

std::int64_t LogWatch::wait_beyond(std::int64_t position, std::chrono::milliseconds timeout) {
    if (last() > position) {
        return last();
    }
    const MutexLock lock(mutex_);
    const std::uint64_t wakes = wakes_.load();
    ++waiting_;
    moved_.wait_for(mutex_, timeout, [&] { return last() > position || wakes_.load() != wakes; });
    --waiting_;
    return last();
}

void LogWatch::wake() {
    {
        const MutexLock lock(mutex_);
        ++wakes_;
    }
    moved_.notify_all();
}

}  // namespace quipu
