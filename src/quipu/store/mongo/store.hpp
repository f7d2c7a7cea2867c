// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "quipu/store/engine/log_watch.hpp"
#include "quipu/store/engine/tail_cache.hpp"
#include "quipu/store/mongo/commit_thread.hpp"
#include "quipu/store/mongo/failure_reader.hpp"
#include "quipu/store/mongo/field_fill.hpp"
#include "quipu/store/mongo/follower.hpp"
#include "quipu/store/mongo/ledger.hpp"
#include "quipu/store/mongo/mongo_store.hpp"
#include "quipu/store/mongo/server.hpp"
#include "quipu/store/mongo/server_status.hpp"

namespace quipu::mongo {

/// The Store in a MongoDB database. Writes go to the writer; reads to memory where this process
/// has all that exists, else to the collections.
class MongoStore final : public Store {
  public:
    MongoStore(MongoOptions options, std::unique_ptr<Server> server);
    ~MongoStore() override;

    /// Makes the collections, reads the state, starts the threads. Throws ServerError.
    [[nodiscard]] Result<void> start();

    void submit(Transaction transaction, Done done) override;
    Result<std::vector<RecordPtr>> read(std::int64_t position, std::size_t limit) override;
    std::int64_t wait_beyond(std::int64_t position, std::chrono::milliseconds timeout) override;
    void wake() override { watch_.wake(); }
    const std::string& identity() const override { return identity_; }
    std::int64_t last_position() override;
    Result<std::optional<Record>> find(std::string_view event_id) override;
    Result<std::optional<Record>> at(std::int64_t position) override;
    Result<EventPage> query(const EventQuery& query) override;
    Result<std::int64_t> count_beyond(std::int64_t position,
                                      const std::vector<std::string>& types) override;
    Result<std::optional<Document>> document(std::string_view collection,
                                             std::string_view key) override;
    Result<std::vector<Document>> documents(std::string_view collection, std::string_view prefix,
                                            std::string_view after, std::size_t limit) override;
    Result<GroupPosition> open_group(const std::string& group, bool from_earliest) override;
    Result<std::vector<GroupPosition>> groups() override;
    Result<std::vector<std::int64_t>> unfinished(
        const std::string& group, const std::vector<std::int64_t>& positions) override;
    using Store::parked;
    Result<std::vector<Parked>> parked(const std::string& group, std::int64_t after,
                                       std::size_t limit) override;
    Result<std::vector<Parked>> parked_of_key(const std::string& group, const std::string& key,
                                              std::int64_t after, std::size_t limit) override;
    Result<std::vector<std::int64_t>> still_parked(
        const std::string& group, const std::vector<std::int64_t>& positions) override;
    Result<ParkedChanges> parked_changes(const std::string& group, std::int64_t since) override;
    Result<std::int64_t> last_parked_change() override;
    Result<Parked> retry_now(const std::string& group, std::int64_t position) override;
    Result<std::vector<DeadLetter>> dead_letters(const std::string& group,
                                                 std::optional<DeadLetter::Status> status,
                                                 std::int64_t after_id, std::size_t limit) override;
    Result<std::optional<DeadLetter>> dead_letter(std::int64_t id) override;
    Result<DeadLetter> requeue(std::int64_t id, Decision decision) override;
    Result<DeadLetter> discard(std::int64_t id, Decision decision) override;
    Result<std::size_t> purge(Time now, std::size_t limit) override;
    Result<void> archive(std::string_view event_id, std::string deleted_by,
                         std::string reason) override;
    Result<std::optional<ArchivedRecord>> archived(std::string_view event_id) override;
    Result<std::vector<std::string>> collections() override;
    Result<void> restore(const RestoreBatch& batch) override;
    Result<std::vector<std::string>> verify() override;
    Result<StoreHealth> health() override;

    [[nodiscard]] Ledger& ledger() noexcept { return ledger_; }

  private:
    /// Runs `work()`, and makes what the server throws an Error.
    template <class Work>
    auto reading(Work&& work) -> decltype(work()) {
        try {
            return work();
        } catch (const ServerError& error) {
            return std::unexpected(error.error());
        } catch (const CorruptDocument& corrupt) {
            return std::unexpected(corrupt.error());
        } catch (const std::bad_alloc&) {
            return fail(ErrorCode::unavailable, "there is not enough memory for this read");
        } catch (const std::exception& exception) {
            return fail(ErrorCode::internal, exception.what());
        }
    }
    [[nodiscard]] std::vector<RecordPtr> read_collection(std::int64_t position, std::size_t limit);
    using DraftDecision = Result<DeadLetter> (Draft::*)(std::int64_t, Decision);
    /// Requeues or discards a dead letter.
    [[nodiscard]] Result<DeadLetter> decide(std::int64_t id, Decision decision,
                                            DraftDecision change);
    /// What is stored of `append`'s body beside it, for readers in other languages.
    void add_members(PreparedAppend& append) const;

    MongoOptions options_;
    const IndexedFields fields_;
    const std::string field_set_;
    std::unique_ptr<Server> server_;
    std::string identity_;
    TailCache cache_;
    LogWatch watch_;
    ServerStatus server_status_;
    Ledger ledger_;
    FailureReader failures_;
    std::unique_ptr<CommitThread> commit_thread_;
    std::unique_ptr<Follower> follower_;
    std::unique_ptr<FieldFill> field_fill_;
};

}  // namespace quipu::mongo
