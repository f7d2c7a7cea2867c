// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "quipu/log/kafka/kafka_log.hpp"
#include "support/eventually.hpp"

namespace quipu::test {

using namespace std::chrono_literals;

/// The value of an environment variable, empty without it.
inline std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

/// Collects the notices that a log sends to its operator.
class Notices {
  public:
    [[nodiscard]] std::function<void(std::string_view, std::string_view)> sink() {
        return [state = state_](std::string_view level, std::string_view text) {
            const std::scoped_lock lock(state->mutex);
            state->lines.push_back(std::string(level) + ": " + std::string(text));
        };
    }
    [[nodiscard]] std::vector<std::string> lines() const {
        const std::scoped_lock lock(state_->mutex);
        return state_->lines;
    }

  private:
    struct State {
        std::mutex mutex;
        std::vector<std::string> lines;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

inline LogRecord log_record(std::string event_type, std::optional<std::string> key,
                            std::string value, RecordHeaders headers = {}) {
    LogRecord record;
    record.place.partition.event_type = std::move(event_type);
    record.key = std::move(key);
    record.value = std::move(value);
    record.headers = std::move(headers);
    return record;
}

}  // namespace quipu::test
