// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "quipu/app/engines/engines.hpp"

namespace quipu {

/// How a program runs, derived from its settings.
struct RunOptions {
    EngineOptions engines;
    std::string http = {};    ///< "host:port"; empty: no HTTP
    bool crash_only = false;  ///< durable if the process crashes, not if the power fails
    bool allow_remote = false;
    std::vector<std::string> allowed_hosts = {};
    std::chrono::seconds drain_timeout{30};
    std::chrono::seconds stuck_after{60};
    bool strict_ready = false;  ///< held keys, parked events and slow handlers make it unready
};

}  // namespace quipu
