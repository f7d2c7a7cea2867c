// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "quipu/delivery/handler.hpp"

/// The load of these tests: events that are numbered within their customer, and two groups whose
/// documents show loss, repetition and order.
namespace quipu::faults {

/// A handler's first failure is a dead letter, so that no retry hides what a fault has done.
struct Once {
    static constexpr std::string_view name = "once";
    static constexpr RetryPolicy retry{.max_retries = 0};
    static constexpr TopicPolicy topic{};
};

struct Placed {
    static constexpr std::string_view event_type = "placed";
    std::string customer;
    std::int64_t number = 0;
    std::string filling;
};
/// What the first group publishes for each Placed.
struct Noted {
    static constexpr std::string_view event_type = "noted";
    std::string customer;
    std::int64_t number = 0;
};

/// What a group has done for one customer, in its order. The key is "<group's part>/<customer>".
struct Done {
    static constexpr std::string_view collection = "done";
    std::int64_t count = 0;
    std::vector<std::int64_t> numbers = {};
};

inline void record(Documents& documents, const std::string& key, std::int64_t number) {
    auto done = documents.get<Done>(key).value_or(Done{});
    ++done.count;
    done.numbers.push_back(number);
    documents.put(key, done);
}

struct Tally {
    static constexpr std::string_view group = "tally";
    void on(const Event<Placed>& event, Documents& documents, Publishes<Noted>& out) {
        record(documents, "tally/" + event->customer, event->number);
        out.publish(Noted{.customer = event->customer, .number = event->number});
    }
};
struct Audit {
    static constexpr std::string_view group = "audit";
    void on(const Event<Placed>& event, Documents& documents) {
        record(documents, "audit/" + event->customer, event->number);
    }
    void on(const Event<Noted>& event, Documents& documents) {
        record(documents, "noted/" + event->customer, event->number);
    }
};

struct Events : Catalogue<Category<Once, Placed, Noted>> {};

inline constexpr int customers = 6;

[[nodiscard]] inline std::string customer_name(int customer) {
    return "customer-" + std::to_string(customer);
}
[[nodiscard]] inline std::string event_id(std::string_view customer, std::int64_t number) {
    return std::string(customer) + "." + std::to_string(number);
}
/// Bytes that follow from the number, so that a changed event is noticed.
[[nodiscard]] inline std::string filling(std::int64_t number) {
    return std::string(static_cast<std::size_t>(number * 7919 % 700),
                       static_cast<char>('a' + number % 26));
}

}  // namespace quipu::faults
