// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/continuity.hpp"

#include <utility>

namespace quipu::kafka {

void Continuity::expect(const Checkpoint& last) {
    partitions_[last.place.partition].check = last;
}

Continuity::Answer Continuity::receive(const LogPartition& partition, std::int64_t offset,
                                       std::optional<std::uint32_t> digest,
                                       const OffsetTracker& given) {
    Partition& known = partitions_[partition];
    if (known.is_ignored) {
        return Answer::repeats;
    }
    if (known.is_suspect && !known.check) {
        known.is_ignored = true;
        return Answer::unknown;
    }
    if (!known.check && offset <= known.received) {
        // Either records are fetched a second time, or the offset was beyond the partition's end,
        // and librdkafka has started from the beginning.
        known.check = given.last_given(partition);
        known.may_repeat = true;
    }
    if (!known.check) {
        known.received = digest ? offset : known.received;
        return Answer::continues;
    }
    const std::int64_t next = known.check->place.offset;
    if (digest && offset < next - 1 && known.may_repeat) {
        return Answer::repeats;
    }
    const bool is_same = offset == next - 1 && digest == known.check->digest;
    known.check.reset();
    known.may_repeat = false;
    known.received = digest ? offset : known.received;
    if (offset >= next) {
        // Retention or compaction has removed the record, which is no reason to read again.
        return Answer::continues;
    }
    known.is_ignored = !is_same;
    return is_same ? Answer::repeats : Answer::restarts;
}

}  // namespace quipu::kafka
