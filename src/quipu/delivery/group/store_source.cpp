// SPDX-License-Identifier: Apache-2.0
#include "store_source.hpp"

#include <algorithm>

namespace quipu {

namespace {

constexpr std::size_t read_batch = 256;
constexpr std::chrono::milliseconds idle_wait{250};

}  // namespace

Result<void> StoreSource::open(const GroupPosition& position) {
    cursor_.open(position);
    return {};
}

SourceYield StoreSource::next(std::size_t room) {
    // Nobody else finishes this group's records, and the cursor has passed those of this process.
    static_cast<void>(take_finished());
    SourceYield yield;
    if (room == 0) return yield;
    auto batch = cursor_.read(std::min(room, read_batch));
    if (!batch) {
        yield.problem = std::move(batch.error());
        return yield;
    }
    if (batch->empty()) store_.wait_beyond(cursor_.at(), idle_wait);
    for (RecordPtr& record : *batch) {
        if (cursor_.pass(*record, yield.nothing))
            yield.records.push_back({std::move(record), {}, {}});
    }
    return yield;
}

}  // namespace quipu
