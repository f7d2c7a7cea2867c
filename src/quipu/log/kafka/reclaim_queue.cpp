// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/reclaim_queue.hpp"

#include <utility>

namespace quipu::kafka {
namespace {

constexpr std::size_t max_bytes = 4 << 20;

}  // namespace

void ReclaimQueue::offer(Batch& batch) {
    if (bytes_ < max_bytes) {
        bytes_ += batch.bytes;
        batches_.push_back(std::move(batch));
    }
}

bool ReclaimQueue::free_batch(Mutex& mutex) {
    if (batches_.empty()) {
        return false;
    }
    Batch batch = std::move(batches_.back());
    batches_.pop_back();
    bytes_ -= batch.bytes;
    ++freeing_;
    {
        const MutexUnlock unlocked(mutex);
        batch = {};
    }
    if (--freeing_ == 0) {
        freed_.notify_all();
    }
    return true;
}

void ReclaimQueue::free_all(Mutex& mutex) {
    while (free_batch(mutex)) {
    }
    freed_.wait(mutex, [this] { return freeing_ == 0; });
}

}  // namespace quipu::kafka
