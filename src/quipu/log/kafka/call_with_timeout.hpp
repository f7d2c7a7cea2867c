// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>

namespace quipu::kafka {

/// For calls of librdkafka that may never return. Runs `call` on a thread of its own; false when it
/// has not returned within `timeout`. The thread is then left behind: `call` must own everything it
/// uses and must not throw. When no thread can be created, runs `call` here, without a timeout.
bool call_with_timeout(std::chrono::milliseconds timeout, std::function<void()> call);

}  // namespace quipu::kafka
