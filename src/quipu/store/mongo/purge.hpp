// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "quipu/event/time.hpp"
#include "quipu/store/mongo/draft.hpp"

namespace quipu::mongo {

/// Where a purge stands that goes through the expired events in several commits.
struct PurgeStep {
    std::size_t removed = 0;  ///< by the last step
    /// Expiry and position examined last.
    std::pair<std::int64_t, std::int64_t> next{std::numeric_limits<std::int64_t>::min(), 0};
    bool more = true;
};

/// Removes at most `limit` of the events that had expired at `now`, that every group has finished
/// and that nothing waits for. Examines and removes a bounded number, since publishers wait
/// meanwhile. Throws ServerError.
void purge_step(Draft& draft, PurgeStep& step, Time now, std::size_t limit);

}  // namespace quipu::mongo
