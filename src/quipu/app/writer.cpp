#include "quipu/app/writer.hpp"

#include <chrono>
#include <thread>
#include <utility>

#include "quipu/app/control_client.hpp"
#include "quipu/app/store_access.hpp"
#include "quipu/delivery/publisher.hpp"

namespace quipu {

namespace {

class ControlWriter final : public Writer {
  public:
    explicit ControlWriter(std::unique_ptr<ControlClient> control) : control_(std::move(control)) {}

    Result<Published> publish(std::string_view event_type, std::string_view json,
                              const PublishOptions& options) override {
        return control_->publish(event_type, json, options);
    }
    Result<void> requeue(std::int64_t id) override { return control_->requeue(id); }
    Result<void> discard(std::int64_t id, const std::string& reason) override {
        return control_->discard(id, reason);
    }

  private:
    std::unique_ptr<ControlClient> control_;
};

class StoreWriter final : public Writer {
  public:
    StoreWriter(std::unique_ptr<Store> store, const AppDefinition& definition)
        : store_(std::move(store)), publisher_(*store_, *definition.types, definition.producer) {}

    Result<Published> publish(std::string_view event_type, std::string_view json,
                              const PublishOptions& options) override {
        return publisher_.publish_json(event_type, json, options);
    }
    Result<void> requeue(std::int64_t id) override {
        auto done = store_->requeue(id);
        if (!done) return std::unexpected(std::move(done.error()));
        return {};
    }
    Result<void> discard(std::int64_t id, const std::string& reason) override {
        auto done = store_->discard(id, reason);
        if (!done) return std::unexpected(std::move(done.error()));
        return {};
    }

  private:
    std::unique_ptr<Store> store_;
    RawPublisher publisher_;
};

}  // namespace

Result<std::unique_ptr<Writer>> open_writer(const AppDefinition& definition,
                                            const CommonArguments& common, bool create) {
    // Between the two looks a program may start or stop, so both are repeated for a while.
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (true) {
        auto control = std::make_unique<ControlClient>(common.file);
        auto status = control->status();
        if (status) return std::make_unique<ControlWriter>(std::move(control));
        if (status.error().code != ErrorCode::unavailable) {
            return std::unexpected(std::move(status.error()));
        }
        if (!create && !std::filesystem::exists(common.file)) {
            auto absent = open_to_read(common.file, definition.name);
            if (!absent) return std::unexpected(std::move(absent.error()));
        }
        auto store = open_to_write(common.file, SqliteOptions::Durability::full,
                                   std::chrono::milliseconds{100});
        if (store) return std::make_unique<StoreWriter>(std::move(*store), definition);
        if (store.error().code != ErrorCode::busy || std::chrono::steady_clock::now() >= give_up) {
            return std::unexpected(std::move(store.error()));
        }
    }
}

}  // namespace quipu
