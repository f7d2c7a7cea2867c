// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/engine/log_watch.hpp"

namespace quipu {

void LogWatch::notify() {
    // A waiter counts itself before it looks at the position, so one of the two sees the other.
    if (waiting_.load() == 0) {
        return;
    }
    {
        const std::scoped_lock lock(mutex_);
    }
    moved_.notify_all();
}

std::int64_t LogWatch::wait_beyond(std::int64_t position, std::chrono::milliseconds timeout) {
    if (last() > position) {
        return last();
    }
    std::unique_lock lock(mutex_);
    const std::uint64_t wakes = wakes_.load();
    ++waiting_;
    moved_.wait_for(lock, timeout, [&] { return last() > position || wakes_.load() != wakes; });
    --waiting_;
    return last();
}

void LogWatch::wake() {
    {
        const std::scoped_lock lock(mutex_);
        ++wakes_;
    }
    moved_.notify_all();
}

}  // namespace quipu
