// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quipu/store/store.hpp"

namespace quipu::test {

/// A store in front of another one, whose transactions a test can look at, refuse, or take as the
/// moment of its death.
class StoreProxy : public Store {
  public:
    explicit StoreProxy(Store& inner) : inner_(inner) {}

    /// Asked before each transaction; an error refuses it. From any thread.
    std::function<Result<void>(const Transaction&)> before;
    /// Called after each transaction that has become durable, before its own callback.
    std::function<void()> after;

    void submit(Transaction transaction, Done done) override {
        if (before) {
            if (auto allowed = before(transaction); !allowed) {
                done(std::unexpected(std::move(allowed.error())));
                return;
            }
        }
        inner_.submit(std::move(transaction),
                      [this, done = std::move(done)](Result<Committed> result) {
                          if (result && after) after();
                          done(std::move(result));
                      });
    }

    Result<std::vector<RecordPtr>> read(std::int64_t position, std::size_t limit) override {
        return inner_.read(position, limit);
    }
    std::int64_t wait_beyond(std::int64_t position, std::chrono::milliseconds timeout) override {
        return inner_.wait_beyond(position, timeout);
    }
    void wake() override { inner_.wake(); }
    const std::string& identity() const override { return inner_.identity(); }
    std::int64_t last_position() override { return inner_.last_position(); }
    Result<std::vector<std::int64_t>> unfinished(
        const std::string& group, const std::vector<std::int64_t>& positions) override {
        return inner_.unfinished(group, positions);
    }
    Result<std::optional<Record>> find(std::string_view event_id) override {
        return inner_.find(event_id);
    }
    Result<std::optional<Record>> at(std::int64_t position) override { return inner_.at(position); }
    Result<EventPage> query(const EventQuery& query) override { return inner_.query(query); }
    Result<std::int64_t> count_beyond(std::int64_t position,
                                      const std::vector<std::string>& types) override {
        return inner_.count_beyond(position, types);
    }
    Result<std::optional<Document>> document(std::string_view collection,
                                             std::string_view key) override {
        return inner_.document(collection, key);
    }
    Result<std::vector<Document>> documents(std::string_view collection, std::string_view prefix,
                                            std::string_view after_key,
                                            std::size_t limit) override {
        return inner_.documents(collection, prefix, after_key, limit);
    }
    Result<GroupPosition> open_group(const std::string& group, bool from_earliest) override {
        return inner_.open_group(group, from_earliest);
    }
    Result<std::vector<GroupPosition>> groups() override { return inner_.groups(); }
    using Store::parked;
    Result<std::vector<Parked>> parked(const std::string& group, std::int64_t after_position,
                                       std::size_t limit) override {
        return inner_.parked(group, after_position, limit);
    }
    Result<std::vector<Parked>> parked_of_key(const std::string& group, const std::string& key,
                                              std::int64_t after_position,
                                              std::size_t limit) override {
        return inner_.parked_of_key(group, key, after_position, limit);
    }
    Result<std::vector<std::int64_t>> still_parked(
        const std::string& group, const std::vector<std::int64_t>& positions) override {
        return inner_.still_parked(group, positions);
    }
    Result<ParkedChanges> parked_changes(const std::string& group, std::int64_t since) override {
        return inner_.parked_changes(group, since);
    }
    Result<std::int64_t> last_parked_change() override { return inner_.last_parked_change(); }
    Result<Parked> retry_now(const std::string& group, std::int64_t position) override {
        return inner_.retry_now(group, position);
    }
    Result<std::vector<DeadLetter>> dead_letters(const std::string& group,
                                                 std::optional<DeadLetter::Status> status,
                                                 std::int64_t after_id,
                                                 std::size_t limit) override {
        return inner_.dead_letters(group, status, after_id, limit);
    }
    Result<std::optional<DeadLetter>> dead_letter(std::int64_t id) override {
        return inner_.dead_letter(id);
    }
    Result<DeadLetter> requeue(std::int64_t id, Decision decision) override {
        return inner_.requeue(id, std::move(decision));
    }
    Result<DeadLetter> discard(std::int64_t id, Decision decision) override {
        return inner_.discard(id, std::move(decision));
    }
    Result<std::size_t> purge(Time now, std::size_t limit) override {
        return inner_.purge(now, limit);
    }
    Result<void> archive(std::string_view event_id, std::string deleted_by,
                         std::string reason) override {
        return inner_.archive(event_id, std::move(deleted_by), std::move(reason));
    }
    Result<std::optional<ArchivedRecord>> archived(std::string_view event_id) override {
        return inner_.archived(event_id);
    }
    Result<std::vector<std::string>> verify() override { return inner_.verify(); }
    Result<StoreHealth> health() override { return inner_.health(); }

  private:
    Store& inner_;
};

}  // namespace quipu::test
