// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "quipu/log/kafka/handles.hpp"
#include "quipu/log/kafka/producer_topic.hpp"

namespace quipu::kafka {

/// What is left of records that have been answered for: librdkafka's part of them, which an event
/// holds, and ours. Callers of produce() free it: memory that one thread takes and another gives
/// back costs several times as much. Until then the records count in librdkafka's queue, and its
/// client must stay.
///
/// The owner's lock guards it. It is not held while memory is freed.
class ReclaimQueue {
  public:
    using Lock = std::unique_lock<std::mutex>;
    /// The records of one event.
    struct Batch {
        EventHandle event;
        std::vector<std::unique_ptr<PendingRecord>> records;
        std::size_t bytes = 0;  ///< about what `records` take
    };

    /// Takes it, unless there is much already: then the caller keeps it, and frees it.
    void offer(Batch& batch);
    /// False when there was none.
    bool free_batch(Lock& lock);
    /// Frees all that is here, and waits for what other threads are freeing.
    void free_all(Lock& lock);

  private:
    std::vector<Batch> batches_;
    std::size_t bytes_ = 0;
    int freeing_ = 0;
    std::condition_variable freed_;
};

}  // namespace quipu::kafka
