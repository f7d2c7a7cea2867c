// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "quipu/base/mutex.hpp"
#include "quipu/log/kafka/handles.hpp"
#include "quipu/log/kafka/pending_record.hpp"

namespace quipu::kafka {

/// The memory of acknowledged and failed records: librdkafka's part, which an event owns, and this
/// library's. Callers of produce() free it, because memory that is freed by another thread than the
/// one that allocated it costs several times as much. Until then the records count in librdkafka's
/// queue, and its client must exist.
///
/// `mutex` is the owner's lock, which guards this object. It is released while memory is freed.
class ReclaimQueue {
  public:
    /// The records of one event.
    struct Batch {
        EventHandle event;
        std::vector<std::unique_ptr<PendingRecord>> records;
        std::size_t bytes = 0;  ///< the approximate memory of `records`
    };

    /// Takes the batch unless the queue is long; then the caller keeps and frees it.
    void offer(Batch& batch);
    /// Frees the latest batch; false if there is none.
    bool free_batch(Mutex& mutex) QUIPU_REQUIRES(mutex);
    /// Frees everything and waits for other threads that are freeing batches.
    void free_all(Mutex& mutex) QUIPU_REQUIRES(mutex);

  private:
    std::vector<Batch> batches_;
    std::size_t bytes_ = 0;
    int freeing_ = 0;
    Condition freed_;
};

}  // namespace quipu::kafka
