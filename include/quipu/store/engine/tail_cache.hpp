// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "quipu/base/mutex.hpp"
#include "quipu/store/record.hpp"

namespace quipu {

/// The newest records of a log in memory, bounded by count and bytes. Thread-safe.
class TailCache {
  public:
    TailCache(std::size_t max_records, std::size_t max_bytes) noexcept
        : max_records_(max_records), max_bytes_(max_bytes) {}

    /// Begins empty: everything after `last` will come through `append`.
    void begin(std::int64_t last);
    /// Adds records in log order.
    void append(const std::vector<RecordPtr>& records);
    void remove(std::int64_t position);

    /// Records after `position`, at most `limit`; nothing when some of them may be older than what
    /// is kept here.
    [[nodiscard]] std::optional<std::vector<RecordPtr>> read(std::int64_t position,
                                                             std::size_t limit) const;

  private:
    void evict() QUIPU_REQUIRES(mutex_);
    std::deque<RecordPtr>::const_iterator after(std::int64_t position) const QUIPU_REQUIRES(mutex_);

    const std::size_t max_records_;
    const std::size_t max_bytes_;
    mutable Mutex mutex_;
    std::deque<RecordPtr> records_ QUIPU_GUARDED_BY(mutex_);
    std::size_t bytes_ QUIPU_GUARDED_BY(mutex_) = 0;
    std::int64_t complete_after_ QUIPU_GUARDED_BY(mutex_) =
        0;  ///< nothing beyond this position is missing here
};

}  // namespace quipu
