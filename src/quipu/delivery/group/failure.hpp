// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "quipu/delivery/options.hpp"
#include "quipu/event/policy.hpp"
#include "quipu/store/transaction.hpp"

namespace quipu {

/// Why a record could not be handled.
struct HandlerFailure {
    enum class Kind {
        failed,       ///< its handler threw
        unstorable,   ///< the store refuses what its handler did
        rejected,     ///< its handler threw Reject
        undecodable,  ///< it is no event that the handler could be given
        crashed,      ///< the process ended while it was being handled, too often
    };
    Kind kind = Kind::failed;
    std::string error;
};

/// What is to be done about a failure.
struct Disposition {
    enum class What {
        retry,    ///< parked until `due`
        hold,     ///< a dead letter; its key waits
        release,  ///< a dead letter; its key goes on
    };
    What what = What::retry;
    Time due{};
};

/// Decides by the event's retry policy and the group's options. `attempts` counts the failed
/// attempts, this one included; `random` is in [0, 1). A record without a key of its own (its key
/// is its event id) holds nobody.
[[nodiscard]] Disposition dispose(const HandlerFailure& failure, const Record& record,
                                  std::size_t attempts, const RetryPolicy& policy,
                                  const GroupOptions& options, Time now, double random);

}  // namespace quipu
