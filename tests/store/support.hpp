// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "quipu/base/hex.hpp"
#include "quipu/store/store.hpp"

namespace quipu::test {

inline Time at(std::int64_t seconds) {
    return Time(std::chrono::seconds(seconds));
}

/// An id in the form of UUID version 7 that grows with `number`.
inline std::string uuid(std::int64_t number) {
    std::string text = "01900000-0000-7000-8000-000000000000";
    for (std::size_t i = 0; i < 12; ++i, number >>= 4) {
        text[35 - i] = lower_hex_digits[static_cast<std::size_t>(number & 15)];
    }
    return text;
}

/// An event of type `type` and aggregate `aggregate`, all else derived from `number`.
inline Record event(std::int64_t number, std::string type = "made", std::string aggregate = {}) {
    Record record;
    record.event_id = uuid(number);
    record.event_type = std::move(type);
    record.aggregate_id = std::move(aggregate);
    record.key = record.aggregate_id;
    record.timestamp = at(1'700'000'000 + number);
    record.body = "{\"number\":" + std::to_string(number) + "}";
    return record;
}

inline Transaction append(Record record) {
    Transaction transaction;
    transaction.appends.push_back({.record = std::move(record), .expected_sequence = {}});
    return transaction;
}

/// A clock that moves only when it is set.
class TestClock {
  public:
    void set(Time time) { time_->store(time.time_since_epoch().count()); }
    [[nodiscard]] std::function<Time()> function() const {
        return [time = time_] { return Time(std::chrono::microseconds(time->load())); };
    }

  private:
    std::shared_ptr<std::atomic<std::int64_t>> time_ =
        std::make_shared<std::atomic<std::int64_t>>(1'800'000'000'000'000);
};

}  // namespace quipu::test
