// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/store_changes.hpp"

#include <unistd.h>

#include <chrono>
#include <thread>
#include <utility>

#include "quipu/app/control/client.hpp"
#include "quipu/app/control/user_name.hpp"
#include "quipu/app/engines/store_access.hpp"
#include "quipu/app/runtime/not_published.hpp"
#include "quipu/delivery/publisher.hpp"
#include "quipu/delivery/relay.hpp"
#include "quipu/delivery/rewind.hpp"

namespace quipu {

namespace {

class ChangesThroughProgram final : public StoreChanges {
  public:
    explicit ChangesThroughProgram(std::unique_ptr<ControlClient> control)
        : control_(std::move(control)) {}

    Result<Published> publish(std::string_view event_type, std::string_view json,
                              const PublishOptions& options) override {
        return control_->publish(event_type, json, options);
    }
    Result<void> wait_published(std::int64_t position, std::chrono::milliseconds timeout) override {
        return control_->wait_published(position, timeout);
    }
    Result<void> requeue(std::int64_t id, const std::string& reason) override {
        return control_->requeue(id, reason);
    }
    Result<void> discard(std::int64_t id, const std::string& reason) override {
        return control_->discard(id, reason);
    }
    Result<void> archive(const std::string& event_id, const std::string& reason) override {
        return control_->archive(event_id, reason);
    }
    Result<std::int64_t> rewind(const std::string& group, const std::string& event_type) override {
        return control_->rewind(group, event_type);
    }
    Result<void> retry_now(const std::string& group, std::int64_t position) override {
        return control_->retry_now(group, position);
    }

  private:
    std::unique_ptr<ControlClient> control_;
};

template <class T>
Result<void> without_value(Result<T> done) {
    if (!done) return std::unexpected(std::move(done.error()));
    return {};
}

class DirectChanges final : public StoreChanges {
  public:
    DirectChanges(std::unique_ptr<Store> store, const AppDefinition& definition,
                  const EngineOptions& engines)
        : store_(std::move(store)),
          publisher_(*store_, *definition.types, definition.producer),
          program_(definition.name),
          engines_(engines) {}

    Result<Published> publish(std::string_view event_type, std::string_view json,
                              const PublishOptions& options) override {
        return publisher_.publish_json(event_type, json, options);
    }
    /// Runs a relay of its own, beside any others: they share the work by a lease.
    Result<void> wait_published(std::int64_t position, std::chrono::milliseconds timeout) override {
        if (!engines_.has_log()) return {};
        auto log = open_log(engines_, program_, {});
        if (!log) return std::unexpected(std::move(log.error()));
        Relay relay(*store_, **log, {});
        if (auto started = relay.start(); !started) return started;
        const bool published = relay.wait_published(position, timeout);
        const RelayStatus status = published ? RelayStatus{} : relay.status();
        relay.stop();
        if (published) return {};
        return not_published(position, status, "the next relay that runs publishes it");
    }
    Result<void> requeue(std::int64_t id, const std::string& reason) override {
        return without_value(store_->requeue(id, {user_name(::geteuid()), reason}));
    }
    Result<void> discard(std::int64_t id, const std::string& reason) override {
        return without_value(store_->discard(id, {user_name(::geteuid()), reason}));
    }
    Result<void> archive(const std::string& event_id, const std::string& reason) override {
        return store_->archive(event_id, user_name(::geteuid()), reason);
    }
    Result<std::int64_t> rewind(const std::string& group, const std::string& event_type) override {
        return rewind_group(*store_, group, event_type, {.now = now()});
    }
    Result<void> retry_now(const std::string& group, std::int64_t position) override {
        return without_value(store_->retry_now(group, position));
    }

  private:
    std::unique_ptr<Store> store_;
    RawPublisher publisher_;
    std::string program_;
    const EngineOptions& engines_;
};

Result<std::unique_ptr<StoreChanges>> direct_changes(const AppDefinition& definition,
                                                     const EngineOptions& engines,
                                                     Result<std::unique_ptr<Store>> store) {
    if (!store) return std::unexpected(std::move(store.error()));
    return std::make_unique<DirectChanges>(std::move(*store), definition, engines);
}

}  // namespace

Result<std::unique_ptr<StoreChanges>> open_store_changes(const AppDefinition& definition,
                                                         const EngineOptions& engines,
                                                         bool create) {
    if (!engines.one_writer()) {
        // For these engines a store that is open for reading can also be written.
        return direct_changes(
            definition, engines,
            create ? open_to_write(definition, engines, {}) : open_to_read(definition, engines));
    }
    // Between the two checks a program may start or stop, so both are repeated for a while.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (true) {
        auto control = std::make_unique<ControlClient>(engines.store.file);
        auto status = control->status();
        if (status) return std::make_unique<ChangesThroughProgram>(std::move(control));
        if (status.error().code != ErrorCode::unavailable) {
            return std::unexpected(std::move(status.error()));
        }
        if (!create && !std::filesystem::exists(engines.store.file)) {
            auto absent = open_to_read(definition, engines);
            if (!absent) return std::unexpected(std::move(absent.error()));
        }
        auto store =
            open_to_write(definition, engines, {.patience = std::chrono::milliseconds{100}});
        if (store || store.error().code != ErrorCode::busy ||
            std::chrono::steady_clock::now() >= deadline) {
            return direct_changes(definition, engines, std::move(store));
        }
    }
}

}  // namespace quipu
