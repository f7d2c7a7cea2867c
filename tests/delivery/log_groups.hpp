// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "delivery/fixture.hpp"
#include "delivery/memory_log.hpp"

namespace quipu::delivery_test {

struct Collector {
    static constexpr std::string_view group = "collector";
    std::function<void(const Event<Ordered>&)> before = [](const Event<Ordered>&) {};
    std::mutex mutex;
    std::map<std::string, std::vector<std::int64_t>> seen;  // handlings, committed or not

    void on(const Event<Ordered>& event, Documents& documents) {
        before(event);
        auto counter = documents.get<Counter>(event->customer).value_or(Counter{});
        counter.value += 1;
        counter.seen.push_back(event->number);
        documents.put(event->customer, counter);
        const std::lock_guard lock(mutex);
        seen[event->customer].push_back(event->number);
    }
};

struct Patient {
    static constexpr std::string_view group = "patient";
    std::function<void()> before;
    std::atomic<int> handled{0};
    void on(const Event<Slow>&) {
        before();
        ++handled;
    }
};

class LogGroups : public DeliveryTest {
  protected:
    void SetUp() override {
        DeliveryTest::SetUp();
        start();
    }
    void TearDown() override { relay_.reset(); }

    void start() {
        relay_ = std::make_unique<Relay>(*store_, log_, RelayOptions{.lease = 300ms});
        ASSERT_TRUE(relay_->start());
    }
    template <class... Groups>
    std::unique_ptr<DeliveryRuntime> member(Groups&... groups) {
        RuntimeOptions options;
        options.producer = {"tests", "1.0", Environment::test};
        options.log = &log_;
        options.log_patience = patience_;
        options.max_conflicts = 20;
        auto runtime = std::make_unique<DeliveryRuntime>(
            front_ != nullptr ? *front_ : *store_, Events::types(),
            std::vector<GroupBinding>{bind_group<Events>(groups)...}, std::move(options));
        EXPECT_TRUE(runtime->start());
        return runtime;
    }
    void foreign(std::string body, std::string key = "k", RecordHeaders headers = {},
                 bool null_value = false) {
        LogRecord record;
        record.place.partition.event_type = "ordered";
        record.key = std::move(key);
        record.headers = std::move(headers);
        record.value = std::move(body);
        record.null_value = null_value;
        record.timestamp = now();
        log_.produce(std::move(record), [](const Result<LogPlace>&) {});
    }
    /// As where a file without a log was promoted: what its group parked names no partition.
    void park_without_log() {
        ASSERT_TRUE(store_->open_group("collector", true));
        order("ada", 1);
        const auto record = store_->at(1);
        ASSERT_TRUE(record && *record);
        Transaction parked;
        parked.group = "collector";
        parked.finished = {1};
        parked.park = {{.group = "collector",
                        .position = 1,
                        .key = (*record)->key,
                        .due_at = (*record)->timestamp,
                        .attempts = {{(*record)->timestamp, "not yet"}}}};
        ASSERT_TRUE(store_->commit(std::move(parked)));
    }
    static std::string body(const std::string& id, const std::string& customer, int number) {
        return R"({"event_id":")" + id +
               R"(","event_type":"ordered","timestamp":"2026-01-01T00:00:00Z","metadata":)"
               R"({"service_name":"python","service_version":"1"},"customer":")" +
               customer + R"(","number":)" + std::to_string(number) + "}";
    }

    std::chrono::milliseconds patience_{5000};
    MemoryLog log_{{"ordered", "shipped", "slow"}};
};

}  // namespace quipu::delivery_test
