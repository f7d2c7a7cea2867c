// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "quipu/store/engine/log_watch.hpp"
#include "quipu/store/engine/tail_cache.hpp"
#include "quipu/store/sqlite/lock.hpp"
#include "quipu/store/sqlite/readers.hpp"
#include "quipu/store/sqlite/sqlite_store.hpp"
#include "quipu/store/sqlite/writer.hpp"

namespace quipu::sqlite {

/// The Store on one SQLite file. Writes go to the writer, reads of the newest records to the tail
/// cache, all others to a read-only connection of their own.
class SqliteStore final : public Store {
  public:
    /// Without a lock the store reads only. Throws Failure.
    SqliteStore(SqliteOptions options, std::unique_ptr<WriterLock> lock, bool immutable);
    ~SqliteStore() override;

    /// Opens the file for writing and starts the writer.
    [[nodiscard]] Result<void> start();
    /// Learns what the file says about itself; after start(), where there is one.
    [[nodiscard]] Result<void> introduce();

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

  private:
    /// Runs `work(reader)`, and makes what the engine throws an Error.
    template <class Work>
    auto reading(Work&& work) -> decltype(work(std::declval<Reader&>())) {
        try {
            const auto lease = readers_.take();
            return work(*lease);
        } catch (const Failure& failure) {
            return std::unexpected(failure.error());
        } catch (const std::bad_alloc&) {
            return fail(ErrorCode::unavailable, "there is not enough memory for this read");
        }
    }
    Result<std::vector<RecordPtr>> read_file(Reader& reader, std::int64_t position,
                                             std::size_t limit);
    /// Runs `task` on the writer; fails when there is none.
    Result<void> writing(Writer::Task task);
    [[nodiscard]] std::int64_t stored_last_position();

    SqliteOptions options_;
    const IndexedFields fields_;
    std::string identity_;
    std::unique_ptr<WriterLock> lock_;
    TailCache cache_;
    LogWatch watch_;
    // Readers close before the writer, so that its connection is the last and tidies up.
    std::unique_ptr<Writer> writer_;
    Readers readers_;
};

/// The error of a write to a store that was opened for reading.
[[nodiscard]] Error read_only(const SqliteOptions& options);

}  // namespace quipu::sqlite
