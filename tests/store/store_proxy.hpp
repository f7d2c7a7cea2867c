#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quipu/store/store.hpp"

namespace integr8s::testing {

/// A store in front of another one, whose transactions a test can look at, refuse, or take as the
/// moment of its death.
class StoreProxy : public quipu::Store {
  public:
    explicit StoreProxy(quipu::Store& inner) : inner_(inner) {}

    /// Asked before each transaction; an error refuses it. From any thread.
    std::function<quipu::Result<void>(const quipu::Transaction&)> before;
    /// Told after each that became durable, before whoever waits for it.
    std::function<void()> after;

    void submit(quipu::Transaction transaction, Done done) override {
        if (before) {
            if (auto allowed = before(transaction); !allowed) {
                done(std::unexpected(std::move(allowed.error())));
                return;
            }
        }
        inner_.submit(std::move(transaction),
                      [this, done = std::move(done)](quipu::Result<quipu::Committed> result) {
                          if (result && after) after();
                          done(std::move(result));
                      });
    }

    quipu::Result<std::vector<quipu::RecordPtr>> read(std::int64_t position,
                                                      std::size_t limit) override {
        return inner_.read(position, limit);
    }
    std::int64_t wait_beyond(std::int64_t position, std::chrono::milliseconds timeout) override {
        return inner_.wait_beyond(position, timeout);
    }
    void wake() override { inner_.wake(); }
    std::int64_t last_position() override { return inner_.last_position(); }
    quipu::Result<std::optional<quipu::Record>> find(std::string_view event_id) override {
        return inner_.find(event_id);
    }
    quipu::Result<std::optional<quipu::Record>> at(std::int64_t position) override {
        return inner_.at(position);
    }
    quipu::Result<quipu::EventPage> query(const quipu::EventQuery& query) override {
        return inner_.query(query);
    }
    quipu::Result<std::int64_t> count_beyond(std::int64_t position,
                                             const std::vector<std::string>& types) override {
        return inner_.count_beyond(position, types);
    }
    quipu::Result<std::optional<quipu::Document>> document(std::string_view collection,
                                                           std::string_view key) override {
        return inner_.document(collection, key);
    }
    quipu::Result<std::vector<quipu::Document>> documents(std::string_view collection,
                                                          std::string_view prefix,
                                                          std::string_view after_key,
                                                          std::size_t limit) override {
        return inner_.documents(collection, prefix, after_key, limit);
    }
    quipu::Result<quipu::GroupPosition> open_group(const std::string& group,
                                                   bool from_earliest) override {
        return inner_.open_group(group, from_earliest);
    }
    quipu::Result<std::vector<quipu::GroupPosition>> groups() override { return inner_.groups(); }
    quipu::Result<std::vector<quipu::Parked>> parked(const std::string& group) override {
        return inner_.parked(group);
    }
    quipu::Result<std::vector<quipu::DeadLetter>> dead_letters(
        const std::string& group, std::optional<quipu::DeadLetter::Status> status,
        std::int64_t after_id, std::size_t limit) override {
        return inner_.dead_letters(group, status, after_id, limit);
    }
    quipu::Result<std::optional<quipu::DeadLetter>> dead_letter(std::int64_t id) override {
        return inner_.dead_letter(id);
    }
    quipu::Result<quipu::DeadLetter> requeue(std::int64_t id) override {
        return inner_.requeue(id);
    }
    quipu::Result<quipu::DeadLetter> discard(std::int64_t id, std::string note) override {
        return inner_.discard(id, std::move(note));
    }
    quipu::Result<std::size_t> purge(quipu::Time now, std::size_t limit) override {
        return inner_.purge(now, limit);
    }
    quipu::Result<void> archive(std::string_view event_id, std::string deleted_by,
                                std::string reason) override {
        return inner_.archive(event_id, std::move(deleted_by), std::move(reason));
    }
    quipu::Result<std::optional<quipu::ArchivedRecord>> archived(
        std::string_view event_id) override {
        return inner_.archived(event_id);
    }
    quipu::Result<std::vector<std::string>> verify() override { return inner_.verify(); }
    quipu::Result<quipu::StoreHealth> health() override { return inner_.health(); }

  private:
    quipu::Store& inner_;
};

}  // namespace integr8s::testing
