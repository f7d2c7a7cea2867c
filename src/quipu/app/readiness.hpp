#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "quipu/delivery/runtime.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

/// What /readyz looks at.
struct ReadinessFacts {
    bool started = false;
    bool stopping = false;
    Result<StoreHealth> store = StoreHealth{};
    std::vector<GroupStatus> groups;
    std::vector<std::string> service_problems;
    std::chrono::milliseconds stuck_after{60'000};
};

/// Ready means that work moves: the store takes writes and no group with work in front of it has
/// stood still for longer than the bound.
struct Readiness {
    bool ready = false;
    std::vector<std::string> because;  ///< why not; empty when ready
};

[[nodiscard]] Readiness assess(const ReadinessFacts& facts);

}  // namespace quipu
