// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>

namespace quipu::kafka {

/// Runs `call`, a call of librdkafka that may never return, on a thread of its own. Returns false
/// if it has not returned within `timeout`; the thread then keeps running, so `call` must own
/// everything that it uses. `call` must not throw. If no thread can be created, `call` runs on this
/// thread, without a timeout.
bool call_with_timeout(std::chrono::milliseconds timeout, std::function<void()> call);

}  // namespace quipu::kafka
