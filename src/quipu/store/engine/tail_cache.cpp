// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/engine/tail_cache.hpp"

#include <algorithm>
#include <iterator>

namespace quipu {
namespace {

std::size_t weight(const Record& record) {
    return sizeof(Record) + record.body.size() + record.event_id.size() +
           record.aggregate_id.size() + record.key.size();
}

}  // namespace

void TailCache::begin(std::int64_t last) {
    const MutexLock lock(mutex_);
    records_.clear();
    bytes_ = 0;
    complete_after_ = last;
}

void TailCache::append(const std::vector<RecordPtr>& records) {
    const MutexLock lock(mutex_);
    for (const auto& record : records) {
        records_.push_back(record);
        bytes_ += weight(*record);
    }
    evict();
}

void TailCache::evict() {
    while (!records_.empty() && (records_.size() > max_records_ || bytes_ > max_bytes_)) {
        bytes_ -= weight(*records_.front());
        complete_after_ = records_.front()->position;
        records_.pop_front();
    }
}

std::deque<RecordPtr>::const_iterator TailCache::after(std::int64_t position) const {
    return std::upper_bound(
        records_.begin(), records_.end(), position,
        [](std::int64_t value, const RecordPtr& record) { return value < record->position; });
}

void TailCache::remove(std::int64_t position) {
    const MutexLock lock(mutex_);
    const auto found = after(position - 1);
    if (found != records_.end() && (*found)->position == position) {
        bytes_ -= weight(**found);
        records_.erase(found);
    }
}

std::optional<std::vector<RecordPtr>> TailCache::read(std::int64_t position,
                                                      std::size_t limit) const {
    const MutexLock lock(mutex_);
    if (position < complete_after_) {
        return std::nullopt;
    }
    const auto from = after(position);
    const auto available = static_cast<std::size_t>(std::distance(from, records_.end()));
    return std::vector<RecordPtr>(from,
                                  from + static_cast<std::ptrdiff_t>(std::min(limit, available)));
}

}  // namespace quipu
