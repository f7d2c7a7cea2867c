// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/call_with_timeout.hpp"

#include <future>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

namespace quipu::kafka {

bool call_with_timeout(std::chrono::milliseconds timeout, std::function<void()> call) {
    const auto shared = std::make_shared<const std::function<void()>>(std::move(call));
    const auto done = std::make_shared<std::promise<void>>();
    auto future = done->get_future();
    try {
        std::thread worker([shared, done] {
            (*shared)();
            done->set_value();
        });
        if (future.wait_for(timeout) == std::future_status::ready) {
            worker.join();
            return true;
        }
        worker.detach();
        return false;
    } catch (const std::system_error&) {
        (*shared)();
        return true;
    }
}

}  // namespace quipu::kafka
