// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "delivery/engines.hpp"
#include "quipu/delivery/publisher.hpp"
#include "quipu/delivery/relay.hpp"
#include "quipu/delivery/runtime.hpp"
#include "support/eventually.hpp"
#include "support/temp_directory.hpp"

namespace quipu::delivery_test {

using namespace std::chrono_literals;
using test::eventually;

/// Events of these tests. Retries come at once, so that no test waits for a clock.
struct AtOnce {
    static constexpr std::string_view name = "test";
    static constexpr RetryPolicy retry{
        .max_retries = 3, .base = 0ms, .factor = 1.0, .longest = 0ms, .jitter = 0.0};
    static constexpr TopicPolicy topic{};
};
struct Never {
    static constexpr std::string_view name = "never";
    static constexpr RetryPolicy retry{
        .max_retries = 1000, .base = 24h, .factor = 1.0, .longest = 24h, .jitter = 0.0};
    static constexpr TopicPolicy topic{};
};

struct Ordered {
    static constexpr std::string_view event_type = "ordered";
    std::string customer;
    std::int64_t number = 0;
};
struct Shipped {
    static constexpr std::string_view event_type = "shipped";
    std::string customer;
    std::int64_t number = 0;
};
struct Slow {
    static constexpr std::string_view event_type = "slow";
    std::int64_t number = 0;
};
struct Counter {
    static constexpr std::string_view collection = "counters";
    std::int64_t value = 0;
    std::vector<std::int64_t> seen = {};
};

struct Events : Catalogue<Category<AtOnce, Ordered, Terminal<Shipped>>, Category<Never, Slow>> {};

/// What happened to a letter, in words.
inline std::vector<std::string> steps_of(const DeadLetter& letter) {
    std::vector<std::string> steps;
    for (const DeadLetter::Step& step : letter.history) steps.emplace_back(to_string(step.what));
    return steps;
}

class DeliveryTest : public testing::Test {
  protected:
    void SetUp() override {
        engines_ = std::make_unique<Engines>(Events::types(), dir_.file());
        reopen();
    }

    void reopen() {
        relay_.reset();
        raw_.reset();
        store_.reset();
        store_ = engines_->open_store();
        raw_ = std::make_unique<RawPublisher>(*store_, Events::types(),
                                              Producer{"tests", "1.0", Environment::test});
    }

    template <class... Groups>
    std::unique_ptr<DeliveryRuntime> run(Groups&... groups) {
        RuntimeOptions options;
        options.producer = {"tests", "1.0", Environment::test};
        options.notice = [this](const DeliveryNotice& notice) {
            const std::lock_guard lock(mutex_);
            notices_.push_back(notice);
        };
        options.max_conflicts = 20;
        options.debug = debug_;
        options.log = engines_->log();
        if (options.log != nullptr && relay_ == nullptr) start_relay();
        auto runtime = std::make_unique<DeliveryRuntime>(
            front_ != nullptr ? *front_ : *store_, Events::types(),
            std::vector<GroupBinding>{bind_group<Events>(groups)...}, std::move(options));
        const auto started = runtime->start();
        EXPECT_TRUE(started);
        return runtime;
    }

    void start_relay() {
        relay_ = std::make_unique<Relay>(*store_, *engines_->log(), RelayOptions{.lease = 500ms});
        const auto started = relay_->start();
        ASSERT_TRUE(started) << started.error().message;
    }

    Publisher<Events> publisher() { return Publisher<Events>(*raw_); }

    void order(const std::string& customer, std::int64_t number) {
        auto done = publisher().publish(Ordered{.customer = customer, .number = number},
                                        {.aggregate_id = customer});
        ASSERT_TRUE(done) << done.error().message;
    }

    Counter counter(const std::string& key) {
        auto document = store_->document(Counter::collection, key);
        if (!document || !*document) return {};
        return *from_json<Counter>((*document)->body);
    }

    std::vector<DeadLetter> letters() { return *store_->dead_letters({}, std::nullopt, 0, 1000); }

    test::TempDirectory dir_;
    std::unique_ptr<Engines> engines_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<Relay> relay_;
    bool debug_ = false;      ///< RuntimeOptions::debug
    Store* front_ = nullptr;  ///< what groups are given in place of the store
    std::unique_ptr<RawPublisher> raw_;
    std::mutex mutex_;
    std::vector<DeliveryNotice> notices_;
};

}  // namespace quipu::delivery_test
