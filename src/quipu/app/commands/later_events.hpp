// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "quipu/app/app.hpp"
#include "quipu/base/error.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

struct LaterEvents {
    std::int64_t handled = 0;
    bool counted_all = true;  ///< false: the search ended at its bound, there may be more
};

/// How many events of a dead letter's key that came after it its group has handled already. Reads
/// the log from the letter on, at most 100,000 records of it.
[[nodiscard]] Result<LaterEvents> later_events_handled(const AppDefinition& definition,
                                                       Store& store, const DeadLetter& letter);

}  // namespace quipu
