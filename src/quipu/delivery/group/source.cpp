// SPDX-License-Identifier: Apache-2.0
#include "source.hpp"

namespace quipu {

bool StoreCursor::pass(const Record& record, std::vector<PositionRange>& nothing) {
    const std::int64_t position = record.position;
    // A purge or an archived event leaves a gap, which holds nothing for this group either.
    const std::int64_t first = at_ + 1;
    at_ = position;
    const bool subscribed = types_.contains(record.event_type);
    const std::int64_t last = subscribed ? position - 1 : position;
    if (first <= last) {
        if (!nothing.empty() && nothing.back().second == first - 1) {
            nothing.back().second = last;
        } else {
            nothing.emplace_back(first, last);
        }
    }
    return subscribed && finished_above_.erase(position) == 0;
}

}  // namespace quipu
