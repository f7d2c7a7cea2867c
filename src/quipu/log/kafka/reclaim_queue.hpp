// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "quipu/base/mutex.hpp"
#include "quipu/log/kafka/handles.hpp"
#include "quipu/log/kafka/pending_record.hpp"

namespace quipu::kafka {

/// The memory of records that have been answered for: librdkafka's part of them, which an event
/// holds, and ours. Callers of produce() free it, since memory that one thread allocates and
/// another frees costs several times as much. Until then the records count in librdkafka's queue,
/// and its client must stay.
///
/// `mutex` is the owner's lock, which guards the object. It is released while memory is freed.
class ReclaimQueue {
  public:
    /// The records of one event.
    struct Batch {
        EventHandle event;
        std::vector<std::unique_ptr<PendingRecord>> records;
        std::size_t bytes = 0;  ///< roughly what `records` take
    };

    /// Takes the batch, unless much is queued already: then the caller keeps and frees it.
    void offer(Batch& batch);
    /// Frees the latest batch; false when there was none.
    bool free_batch(Mutex& mutex) QUIPU_REQUIRES(mutex);
    /// Frees everything, and waits for what other threads are freeing.
    void free_all(Mutex& mutex) QUIPU_REQUIRES(mutex);

  private:
    std::vector<Batch> batches_;
    std::size_t bytes_ = 0;
    int freeing_ = 0;
    Condition freed_;
};

}  // namespace quipu::kafka
