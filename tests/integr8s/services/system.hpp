// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "delivery/engines.hpp"
#include "integr8s/coordinator/documents.hpp"
#include "integr8s/domain/execution_service.hpp"
#include "integr8s/groups.hpp"
#include "integr8s/saga/documents.hpp"
#include "integr8s/services/fake_runtime.hpp"
#include "quipu/delivery/relay.hpp"
#include "quipu/delivery/runtime.hpp"
#include "quipu/event/id.hpp"
#include "store/store_proxy.hpp"
#include "support/temp_directory.hpp"

namespace integr8s::testing {

using namespace std::chrono_literals;
using quipu::test::StoreProxy;
using quipu::test::TempDirectory;

/// Far beyond what any wait takes, unless something hangs.
inline constexpr std::chrono::seconds patience{60};

inline runtime::Languages test_languages() {
    runtime::Languages languages;
    for (const char* name : {"python", "bash"}) {
        languages.available.push_back({.name = name,
                                       .version = "3.11",
                                       .image = std::string(name) + ":3.11",
                                       .filename = "script",
                                       .command = {"/usr/bin/" + std::string(name), "script"},
                                       .limits = {}});
    }
    languages.missing.push_back({"node", "nodejs"});
    return languages;
}

/// The catalogue with retries that do not keep a test waiting.
inline quipu::EventTypes impatient_types(int max_retries) {
    std::vector<quipu::EventInfo> infos = Events::types().all();
    for (quipu::EventInfo& info : infos) {
        info.retry = {
            .max_retries = max_retries, .base = 1ms, .factor = 1.0, .longest = 1ms, .jitter = 0.0};
    }
    return quipu::EventTypes{std::move(infos)};
}

/// The engines of one file; a log outlives the systems that work with it, as a broker does.
inline quipu::delivery_test::Engines& engines_of(const std::filesystem::path& file) {
    static std::map<std::filesystem::path, std::unique_ptr<quipu::delivery_test::Engines>> all;
    auto& engines = all[file];
    if (!engines) {
        engines = std::make_unique<quipu::delivery_test::Engines>(Events::types(), file);
    }
    return *engines;
}

struct SystemOptions {
    GroupSettings groups = {};
    int max_retries = 5;
    std::function<quipu::Result<void>(const quipu::Transaction&)> before = {};
    std::function<void()> after = {};
    std::function<void(FakePodRuntime&)> prepare = {};
    runtime::PodRuntime* runtime = nullptr;  ///< in place of the fake one
    runtime::Languages languages = test_languages();
};

/// The whole system on one file, with a fake runtime and a clock that can be put forward.
class System {
  public:
    explicit System(const std::filesystem::path& file, SystemOptions options = {})
        : types_(impatient_types(options.max_retries)), languages_(std::move(options.languages)) {
        auto& engines = engines_of(file);
        inner_ = engines.open_store();
        proxy = std::make_unique<StoreProxy>(*inner_);
        proxy->before = std::move(options.before);
        proxy->after = std::move(options.after);
        if (options.prepare) options.prepare(pods);
        quipu::World world;
        world.now = [this] { return quipu::now() + offset_.load(); };
        const quipu::Producer producer{.service_name = "integr8s", .service_version = "1.0.0"};
        raw_ = std::make_unique<quipu::RawPublisher>(*proxy, types_, producer, world);
        if (options.runtime != nullptr) runtime_ = options.runtime;
        groups = std::make_unique<Groups>(*runtime_, languages_, options.groups);
        service = std::make_unique<ExecutionService>(publisher(), languages_);
        auto bindings = groups->bindings();
        for (quipu::GroupBinding& binding : bindings) {
            if (binding.options.tick_interval.count() > 0) binding.options.tick_interval = 5ms;
            // Tests that kill the system at any step are no reason to blame what it was handling.
            binding.options.max_crashes = 0;
        }
        delivery =
            std::make_unique<quipu::DeliveryRuntime>(*proxy, types_, std::move(bindings),
                                                     quipu::RuntimeOptions{.producer = producer,
                                                                           .world = world,
                                                                           .notice = {},
                                                                           .log = engines.log(),
                                                                           .member = {}});
        if (engines.log() != nullptr) {
            relay = std::make_unique<quipu::Relay>(*proxy, *engines.log(),
                                                   quipu::RelayOptions{.lease = 300ms});
        }
    }
    ~System() { stop(); }
    System(const System&) = delete;
    System& operator=(const System&) = delete;

    /// Runs everything.
    System& run() {
        run_monitor();
        run_groups();
        return *this;
    }
    void run_monitor() {
        if (auto done = groups->monitor.start(publisher()); !done) {
            throw std::runtime_error(done.error().message);
        }
    }
    void run_groups() {
        if (auto done = delivery->start(); !done) throw std::runtime_error(done.error().message);
        if (relay == nullptr) return;
        if (auto done = relay->start(); !done) throw std::runtime_error(done.error().message);
    }
    void stop() {
        if (delivery) delivery->stop();
        groups->monitor.stop();
        if (relay) relay->stop();
    }

    [[nodiscard]] quipu::Publisher<Events> publisher() { return quipu::Publisher<Events>(*raw_); }
    [[nodiscard]] quipu::Store& store() { return *proxy; }
    void put_clock_forward(std::chrono::seconds by) { offset_ = offset_.load() + by; }

    /// Submits a script; returns the execution's id.
    std::string submit(std::string script, std::optional<QueuePriority> priority = {},
                       std::string language = "python", std::string user = "ada") {
        auto answer = service->submit({.script = std::move(script),
                                       .language = std::move(language),
                                       .version = {},
                                       .timeout_seconds = 60,
                                       .priority = priority,
                                       .user_id = std::move(user)});
        if (!answer) {
            ADD_FAILURE() << answer.error().message;
            return {};
        }
        return answer->row.execution_id;
    }

    /// A request as it comes by the log, past the service and its checks.
    [[nodiscard]] static ExecutionRequested raw_request(std::string id, std::string script) {
        return {.execution_id = std::move(id),
                .script = std::move(script),
                .language = "python",
                .language_version = "3.11",
                .runtime_image = "python:3.11",
                .runtime_command = {"/usr/bin/python", "script"},
                .runtime_filename = "script",
                .timeout_seconds = 60,
                .cpu_limit = "1000m",
                .memory_limit = "128Mi",
                .cpu_request = "200m",
                .memory_request = "128Mi"};
    }
    template <class E>
    void publish(const E& event) {
        auto done =
            publisher().publish(event, {.aggregate_id = event.execution_id, .user_id = "ada"});
        if (!done) ADD_FAILURE() << done.error().message;
    }

    /// Waits until `holds`, looking again whenever the log has grown and now and then. Patience
    /// begins anew with each event: engines are not equally fast.
    [[nodiscard]] bool wait(const std::function<bool()>& holds) {
        auto until = std::chrono::steady_clock::now() + patience;
        std::int64_t seen = store().last_position();
        while (!holds()) {
            const auto now = std::chrono::steady_clock::now();
            const std::int64_t last = store().last_position();
            if (std::exchange(seen, last) != last) until = now + patience;
            if (now > until) return false;
            store().wait_beyond(last, 10ms);
        }
        return true;
    }
    [[nodiscard]] bool wait_for_status(const std::string& id, ExecutionStatus status) {
        return wait([&] {
            const auto row = service->get(id);
            return row && row->status == status;
        });
    }
    /// Waits until nothing is left to do: no row that waits, no pod in the runtime, no record
    /// unread or parked. All of it must hold for one state of the log, since what runs meanwhile
    /// may publish.
    [[nodiscard]] bool settle() {
        return wait([&] {
            const std::int64_t last = store().last_position();
            return every_result_stored() && count<QueueEntry>() == 0 && count<SlotRow>() == 0 &&
                   count<AllocationRow>() == 0 && count<PodSpecRow>() == 0 &&
                   runtime_->list()->empty() && delivery->drain(10ms) && nothing_parked() &&
                   store().last_position() == last;
        });
    }

    template <class Row>
    [[nodiscard]] std::size_t count() {
        return rows<Row>().size();
    }
    template <class Row>
    [[nodiscard]] std::vector<std::pair<std::string, Row>> rows() {
        std::vector<std::pair<std::string, Row>> all;
        std::string after;
        while (true) {
            auto page = store().documents(Row::collection, {}, after, 500);
            if (!page) throw std::runtime_error(page.error().message);
            for (const quipu::Document& document : *page) {
                auto row = quipu::from_json<Row>(document.body);
                if (!row) throw std::runtime_error(row.error().summary());
                all.emplace_back(document.key, std::move(*row));
            }
            if (page->size() < 500) return all;
            after = page->back().key;
        }
    }
    template <class Row>
    [[nodiscard]] std::optional<Row> row(const std::string& key) {
        auto document = store().document(Row::collection, key);
        if (!document) throw std::runtime_error(document.error().message);
        if (!*document) return std::nullopt;
        auto parsed = quipu::from_json<Row>((*document)->body);
        if (!parsed) throw std::runtime_error(parsed.error().summary());
        return std::move(*parsed);
    }

    [[nodiscard]] std::vector<quipu::RecordPtr> log() {
        std::vector<quipu::RecordPtr> all;
        while (true) {
            auto page = store().read(all.empty() ? 0 : all.back()->position, 1000);
            if (!page) throw std::runtime_error(page.error().message);
            if (page->empty()) return all;
            all.insert(all.end(), page->begin(), page->end());
        }
    }
    /// The types of an execution's events in log order.
    [[nodiscard]] std::vector<std::string> story(const std::string& id) {
        std::vector<std::string> types;
        for (const quipu::RecordPtr& record : log()) {
            if (record->key == id) types.push_back(record->event_type);
        }
        return types;
    }
    [[nodiscard]] std::size_t times(const std::string& id, std::string_view type) {
        return static_cast<std::size_t>(std::ranges::count(story(id), type));
    }
    template <class E>
    [[nodiscard]] std::optional<quipu::Event<E>> event(const std::string& id) {
        for (const quipu::RecordPtr& record : log()) {
            if (record->key != id || record->event_type != E::event_type) continue;
            auto decoded = quipu::decode_as<E>(record->body);
            if (!decoded) throw std::runtime_error(decoded.error().summary());
            return std::move(*decoded);
        }
        return std::nullopt;
    }
    [[nodiscard]] std::size_t dead_letters() {
        return store().dead_letters({}, std::nullopt, 0, 1000).value().size();
    }

    FakePodRuntime pods;

  private:
    runtime::PodRuntime* runtime_ = &pods;
    [[nodiscard]] bool every_result_stored() {
        return std::ranges::all_of(rows<ExecutionRow>(), [&](const auto& execution) {
            return row<ResultRow>(execution.first).has_value();
        });
    }
    [[nodiscard]] bool nothing_parked() const {
        return std::ranges::all_of(delivery->status(),
                                   [](const auto& status) { return status.parked == 0; });
    }

    quipu::EventTypes types_;
    runtime::Languages languages_;
    std::atomic<std::chrono::seconds> offset_{0s};
    std::unique_ptr<quipu::Store> inner_;

  public:
    std::unique_ptr<StoreProxy> proxy;

  private:
    std::unique_ptr<quipu::RawPublisher> raw_;

  public:
    std::unique_ptr<Groups> groups;
    std::unique_ptr<ExecutionService> service;
    std::unique_ptr<quipu::DeliveryRuntime> delivery;
    std::unique_ptr<quipu::Relay> relay;
};

/// What must hold when everything has ended, whatever happened before.
inline void expect_sound(System& system, std::size_t slots) {
    EXPECT_EQ(system.count<SlotRow>(), 0U);
    EXPECT_EQ(system.count<AllocationRow>(), 0U);
    EXPECT_EQ(system.count<QueueEntry>(), 0U);
    EXPECT_EQ(system.count<SagaPlan>(), 0U);
    EXPECT_EQ(system.count<PodSpecRow>(), 0U);
    EXPECT_EQ(system.count<PodStartRow>(), 0U);
    EXPECT_LE(system.pods.most_alive(), slots);
    EXPECT_EQ(system.dead_letters(), 0U);
    for (const auto& [id, row] : system.rows<QueueState>()) {
        for (const std::int64_t waiting : row.waiting) EXPECT_EQ(waiting, 0);
    }
    for (const auto& [id, row] : system.rows<ExecutionRow>()) {
        EXPECT_TRUE(is_end(row.status)) << id;
        const auto result = system.row<ResultRow>(id);
        ASSERT_TRUE(result) << id;
        EXPECT_EQ(result->status, row.status) << id;
    }
    for (const auto& [id, saga] : system.rows<SagaRow>()) {
        EXPECT_TRUE(is_end(saga.state)) << id;
        EXPECT_NE(saga.slot, SlotState::held) << id;
    }
    // By the log: never more slots than allowed, each given back once, one end per execution.
    std::set<std::string> holding;
    std::map<std::string, int> ends;
    std::map<std::string, int> results;
    std::set<std::string> pods;
    std::map<std::string, int> pod_ends;
    for (const quipu::RecordPtr& record : system.log()) {
        const std::string& type = record->event_type;
        if (type == AllocateResourcesCommand::event_type) {
            EXPECT_TRUE(holding.insert(record->key).second) << record->key;
            EXPECT_LE(holding.size(), slots);
        } else if (type == ReleaseResourcesCommand::event_type) {
            EXPECT_EQ(holding.erase(record->key), 1U) << record->key;
            // The slot is free when the pod is dead.
            EXPECT_EQ(pods.contains(record->key), pod_ends.contains(record->key)) << record->key;
        } else if (type == ExecutionCompleted::event_type || type == ExecutionFailed::event_type ||
                   type == ExecutionTimeout::event_type || type == ExecutionCancelled::event_type) {
            ++ends[record->key];
        } else if (type == ResultStored::event_type) {
            ++results[record->key];
        } else if (type == PodCreated::event_type) {
            pods.insert(record->key);
        } else if (type == PodTerminated::event_type) {
            ++pod_ends[record->key];
        }
    }
    EXPECT_TRUE(holding.empty());
    for (const std::string& id : pods) EXPECT_EQ(pod_ends[id], 1) << id;
    EXPECT_EQ(pod_ends.size(), pods.size());
    for (const auto& [id, row] : system.rows<ExecutionRow>()) {
        EXPECT_EQ(ends[id], 1) << id;
        EXPECT_EQ(results[id], 1) << id;
    }
    EXPECT_TRUE(system.store().verify().value().empty());
}

}  // namespace integr8s::testing
