// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>

namespace quipu::kafka {

/// For calls of librdkafka that may never return. Runs `call` on a thread of its own; false when it
/// has not returned within `limit`. Then the thread is left behind: `call` must own what it uses,
/// and must not throw. Where no thread can be had, it runs here, without a limit.
bool call_with_timeout(std::chrono::milliseconds limit, std::function<void()> call);

}  // namespace quipu::kafka
