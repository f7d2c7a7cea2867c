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

/// What /readyz looks at.
struct ReadinessFacts {
    bool started = false;
    bool stopping = false;
    std::string waits_for;  ///< why it has not started yet
    Result<StoreHealth> store = StoreHealth{};
    std::optional<LogHealth> log;              ///< of a log beside the store
    std::optional<RelayStatus> relay;          ///< when this program has one
    std::chrono::milliseconds relay_still{0};  ///< since it had work and did not move
    std::vector<GroupStatus> groups;
    std::vector<std::string> service_problems;
    std::chrono::milliseconds stuck_after{60'000};
};

/// Ready means that work moves: the store takes writes, the log answers, and neither the relay nor
/// a group with work in front of it has stood still for longer than the bound.
struct Readiness {
    bool ready = false;
    std::vector<std::string> because;  ///< why not; empty when ready
};

[[nodiscard]] Readiness assess(const ReadinessFacts& facts);

}  // namespace quipu
