// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quipu/delivery/relay.hpp"
#include "quipu/delivery/runtime.hpp"
#include "quipu/log/topic_log.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

/// The facts that /readyz judges.
struct ReadinessFacts {
    bool started = false;
    bool stopping = false;
    std::string waits_for;  ///< why it has not started yet
    Result<StoreHealth> store = StoreHealth{};
    std::optional<LogHealth> log;              ///< of a log beside the store
    std::optional<RelayStatus> relay;          ///< set if this program runs a relay
    std::chrono::milliseconds relay_still{0};  ///< how long it has had work without progress
    std::vector<GroupStatus> groups;
    std::vector<std::string> service_problems;
    std::chrono::milliseconds stuck_after{60'000};
    bool strict = false;  ///< details are reasons, too
    Time now{};           ///< for the ages in details
};

/// Ready means that work makes progress: the store accepts writes, the log is reachable, and no
/// relay or group that has work has been without progress for longer than the limit.
struct Readiness {
    bool ready = false;
    std::vector<std::string> because = {};  ///< reasons for not being ready
    /// What somebody should look at, although work makes progress: held keys, parked events, slow
    /// handlers.
    std::vector<std::string> details = {};
};

[[nodiscard]] Readiness assess(const ReadinessFacts& facts);

}  // namespace quipu
