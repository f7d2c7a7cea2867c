// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lanes.hpp"
#include "open_places.hpp"
#include "pending_predecessors.hpp"
#include "quipu/base/mutex.hpp"
#include "quipu/delivery/log/log_intake.hpp"
#include "quipu/delivery/runtime.hpp"

namespace quipu {

/// Interval between polls for parked-record changes made by other processes.
constexpr std::chrono::milliseconds refresh_interval{1000};
/// Subscribed records that the store has and the log has not brought yet; scanning the store stops
/// there.
constexpr std::size_t max_predecessors = 65'536;
constexpr std::size_t poll_batch = 256;  // records at once, from the log or the store

/// One consumer group at work: a thread that reads records into lanes, from the store or from a log
/// beside it, and threads that handle them.
///
/// mutex_ is never held while the store, the log's poll or a handler is called; commit callbacks
/// take it on the store's writer thread.
class DeliveryRuntime::Group : public std::enable_shared_from_this<Group> {
  public:
    Group(Store& store, const EventTypes& types, GroupBinding binding,
          std::shared_ptr<const RuntimeOptions> options);

    [[nodiscard]] Result<void> open();
    void start() QUIPU_EXCLUDES(mutex_);
    void request_stop() QUIPU_EXCLUDES(mutex_);
    /// Waits for the threads and the commits in flight; false when `deadline` passed first.
    [[nodiscard]] bool join(std::chrono::steady_clock::time_point deadline) QUIPU_EXCLUDES(mutex_);

    [[nodiscard]] bool idle_at(std::int64_t position) const QUIPU_EXCLUDES(mutex_);
    void requeued(const DeadLetter& letter) QUIPU_EXCLUDES(mutex_);
    [[nodiscard]] GroupStatus status() const QUIPU_EXCLUDES(mutex_);
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

  private:
    using Clock = std::chrono::steady_clock;

    struct HandlerFailure {
        std::string error;
        bool permanent = false;
        /// The handler could not read its documents: not an attempt, and no reason to give up.
        bool store_unavailable = false;
    };

    /// What handling some records has brought, to be committed as one transaction.
    struct Unit {
        std::vector<Item> items;
        std::vector<Parked> newly_parked;
        Transaction transaction;
        std::uint64_t failures = 0;
        std::uint64_t letters = 0;
    };

    // group_read.cpp: the reader thread, where the store is the log; and what every reader needs.
    void read_loop() QUIPU_EXCLUDES(mutex_);
    void accept(const std::vector<RecordPtr>& batch) QUIPU_EXCLUDES(mutex_);
    /// Commits the ranges that hold nothing for this group, at once or when that is due.
    void flush_skipped(bool at_once) QUIPU_EXCLUDES(mutex_);
    /// Moves the cursor over a record; whether the group subscribes to it.
    [[nodiscard]] bool pass(const Record& record) QUIPU_REQUIRES(mutex_);
    [[nodiscard]] bool is_finished_already(std::int64_t position) QUIPU_REQUIRES(mutex_);
    /// The parked entry of a record that waits behind another of its key from now on.
    [[nodiscard]] Parked parked_behind(const Record& record) const;
    void park_behind(const RecordPtr& record) QUIPU_EXCLUDES(mutex_);
    void submit_park_behind(Parked parked) QUIPU_EXCLUDES(mutex_);
    /// Loads what the store has parked and no lane has: another process has requeued or left it.
    /// False while this group commits changes to what is parked; then call it again.
    bool load_parked() QUIPU_EXCLUDES(mutex_);

    // group_log.cpp: the reader thread, where a log stands beside the store.
    [[nodiscard]] Result<void> open_consumer();
    [[nodiscard]] Result<std::unique_ptr<LogConsumer>> make_consumer(bool named);
    /// After a conflict about the member's name.
    void fall_back_to_dynamic_membership(const Error& error) QUIPU_EXCLUDES(mutex_);
    void log_loop() QUIPU_EXCLUDES(mutex_);
    void end_log() QUIPU_EXCLUDES(mutex_);
    void ingest_polled() QUIPU_EXCLUDES(mutex_);
    void accept_arrivals(std::vector<Arrival>& arrivals, const std::set<std::int64_t>& unfinished)
        QUIPU_EXCLUDES(mutex_);
    /// Lets a record begin; false when it has to be parked behind another.
    [[nodiscard]] bool admit(Arrival& arrival) QUIPU_REQUIRES(mutex_);
    void partitions_assigned(const std::vector<LogPartition>& partitions) QUIPU_EXCLUDES(mutex_);
    void partitions_revoked(const std::set<LogPartition>& partitions, bool lost)
        QUIPU_EXCLUDES(mutex_);
    /// Shows the problem in status() and pauses.
    void back_off(const Error& error) QUIPU_EXCLUDES(mutex_);
    /// A record's transaction is committed.
    void finished_here(std::int64_t position) QUIPU_REQUIRES(mutex_);
    /// Tells the log that its records of this position are finished.
    void finish_in_log(std::int64_t position) QUIPU_REQUIRES(mutex_);
    /// Whether another process has finished a record; asks the store only after a conflict.
    [[nodiscard]] bool finished_elsewhere(std::int64_t position) QUIPU_EXCLUDES(mutex_);
    /// The record as it is stored; one that came through a log lacks what only the store knows.
    [[nodiscard]] RecordPtr original(const RecordPtr& record);

    // group_order.cpp: the reader thread; order of keys where a log stands beside the store.
    /// Records with the same answer begin in the store's order.
    [[nodiscard]] std::string order_of(const Record& record) const;
    /// Lets records begin whose predecessors have begun, or will not come.
    void release_out_of_order() QUIPU_EXCLUDES(mutex_);
    void begin_out_of_order(std::int64_t position) QUIPU_EXCLUDES(mutex_);
    /// Moves the cursor through the store, so that the offset can advance, and so that predecessors
    /// and the lag are known.
    void scan_store() QUIPU_EXCLUDES(mutex_);
    /// Whether all that comes before a record is known, or is too much to wait for.
    [[nodiscard]] bool known_up_to(std::int64_t position) const QUIPU_REQUIRES(mutex_) {
        return position <= cursor_ || predecessors_.size() >= max_predecessors || store_unreadable_;
    }
    /// Learns what other processes have finished and parked.
    void refresh() QUIPU_EXCLUDES(mutex_);

    // group_backfill.cpp: the reader thread; records that the log does not bring any more.
    /// Finds out which partitions will bring none of the records that are still missing.
    void detect_missing_records() QUIPU_EXCLUDES(mutex_);
    [[nodiscard]] bool begin_search(std::int64_t first);
    /// Reads from the store what those partitions do not bring.
    void backfill_from_store() QUIPU_EXCLUDES(mutex_);
    /// The partition that brought a record, or would have; empty when it is not known.
    [[nodiscard]] std::string source_for(const Record& record) const;
    /// How much of the store a search has yet to look through, as far as the cursor has come.
    [[nodiscard]] std::int64_t unread() QUIPU_EXCLUDES(mutex_);
    /// Reads from the store the records for which others have waited too long.
    void take_predecessors() QUIPU_EXCLUDES(mutex_);
    /// Accepts missing records as if the log had brought them; how many.
    [[nodiscard]] std::optional<std::size_t> accept_from_store(
        const std::vector<RecordPtr>& records) QUIPU_EXCLUDES(mutex_);

    // group_work.cpp: the worker threads.
    void work_loop() QUIPU_EXCLUDES(mutex_);
    /// False when there was nothing to do.
    [[nodiscard]] bool work_once() QUIPU_REQUIRES(mutex_);
    void run_items(std::vector<Item> items) QUIPU_EXCLUDES(mutex_);
    void run_retry(Lane& lane) QUIPU_EXCLUDES(mutex_);
    void run_tick() QUIPU_EXCLUDES(mutex_);
    /// Calls the handler; none on success, otherwise what went wrong.
    [[nodiscard]] std::optional<HandlerFailure> call(Effects& effects, const Record& record,
                                                     int attempt);
    /// As call(), except for a record whose transaction the store refuses.
    [[nodiscard]] std::optional<HandlerFailure> handle(Effects& effects, const Record& record,
                                                       int attempt) QUIPU_EXCLUDES(mutex_);
    void settle_failure(Unit& unit, const RecordPtr& record, HandlerFailure failure,
                        std::vector<Attempt> attempts, std::string source);
    [[nodiscard]] Time retry_at(const RetryPolicy& policy, std::size_t attempts)
        QUIPU_EXCLUDES(random_mutex_);

    // group_commit.cpp: the worker threads, and the store's writer thread in callbacks.
    void commit_items(Unit unit, bool wait) QUIPU_EXCLUDES(mutex_);
    /// Returns what has to be parked behind others, to be submitted without the lock.
    [[nodiscard]] std::vector<Parked> items_committed(Unit& unit) QUIPU_REQUIRES(mutex_);
    /// Parks what waits in a lane behind what is parked there; to be submitted without the lock.
    [[nodiscard]] std::vector<Parked> park_waiting(Lane& lane) QUIPU_REQUIRES(mutex_);
    void take_waiting(Lane& lane, std::vector<Parked>& behind) const QUIPU_REQUIRES(mutex_);
    void add_parked_behind(const std::vector<Parked>& behind) QUIPU_REQUIRES(mutex_);
    void items_refused(Unit& unit, const Error& error) QUIPU_REQUIRES(mutex_);
    void commit_retry(Lane& lane, Unit unit, std::int64_t position, bool removed, bool wait)
        QUIPU_EXCLUDES(mutex_);
    void retry_refused(std::int64_t position, const Error& error) QUIPU_REQUIRES(mutex_);
    /// A commit that changes what is parked has ended.
    void parking_commit_settled() QUIPU_REQUIRES(mutex_);
    /// Counts a refusal of one record's transaction; true when it has become a failure.
    bool count_refusal(std::int64_t position, const Error& error) QUIPU_REQUIRES(mutex_);
    [[nodiscard]] std::optional<HandlerFailure> take_refusal(std::int64_t position)
        QUIPU_EXCLUDES(mutex_);
    /// False when the store no longer has this entry: its event was archived.
    [[nodiscard]] bool still_parked(std::int64_t position) QUIPU_EXCLUDES(mutex_);
    void note_progress() QUIPU_REQUIRES(mutex_);
    /// Lets the workers pause after an error of the store.
    void pause_for(const Error& error) QUIPU_REQUIRES(mutex_);
    void notice(DeliveryNotice::Level level, const Record* record, std::string text) const;

    Store& store_;
    const EventTypes& types_;
    const GroupBinding binding_;
    const std::shared_ptr<const RuntimeOptions> shared_options_;
    const RuntimeOptions& options_;
    const std::string name_;
    const std::size_t threads_;
    const bool ticks_;
    std::unordered_map<std::string_view, const Subscription*> subscriptions_;
    std::vector<std::string> subscribed_types_;
    OpenPlaces places_;
    /// Null where the store is the log. Replaced by the reader thread only, under the lock.
    std::unique_ptr<LogConsumer> consumer_;

    // The reader thread's own.
    std::vector<ReceivedRecord> polled_;            // from the log, and not in the store yet
    std::map<std::int64_t, Arrival> out_of_order_;  // came before an earlier one of their key
    Clock::time_point arrived_{};                   // when something last came or began
    Clock::time_point next_refresh_{};
    /// A search for records that the log does not bring.
    struct Search {
        std::int64_t checkpoint;  // the relay's: the log was given everything up to here
        /// The ends that partitions had after that, until a partition has passed its own.
        std::map<LogPartition, std::int64_t> ends;
        std::set<std::string> passed;  // sources of the partitions that have
        std::int64_t next;             // where to go on looking in the store
        std::size_t taken = 0;
    };
    std::optional<Search> search_;
    std::int64_t first_missing_ = 0;  // when last looked for
    int fruitless_searches_ = 0;      // in a row
    Clock::time_point next_search_{};

    mutable Mutex mutex_;
    Condition changed_;
    bool stopping_ QUIPU_GUARDED_BY(mutex_) = false;
    std::size_t running_threads_ QUIPU_GUARDED_BY(mutex_) = 0;
    std::size_t pending_commits_ QUIPU_GUARDED_BY(mutex_) = 0;
    /// Pending commits that modify parked records.
    std::size_t parking_commits_ QUIPU_GUARDED_BY(mutex_) = 0;
    /// How many of those have ended.
    std::uint64_t parking_commits_settled_ QUIPU_GUARDED_BY(mutex_) = 0;

    Lanes lanes_ QUIPU_GUARDED_BY(mutex_);
    std::int64_t cursor_ QUIPU_GUARDED_BY(mutex_) = 0;  // everything up to here was read
    /// What comes next in the store can never be read.
    bool store_unreadable_ QUIPU_GUARDED_BY(mutex_) = false;
    /// Read, subscribed to, and not finished.
    std::set<std::int64_t> outstanding_ QUIPU_GUARDED_BY(mutex_);
    /// Finished beyond the cursor: before this start, or through the log.
    std::set<std::int64_t> finished_above_ QUIPU_GUARDED_BY(mutex_);
    /// Ranges that hold nothing for this group.
    std::vector<std::pair<std::int64_t, std::int64_t>> skipped_ QUIPU_GUARDED_BY(mutex_);
    Clock::time_point skipped_since_ QUIPU_GUARDED_BY(mutex_){};
    /// After a conflict, this many records are handled one by one.
    std::size_t isolate_ QUIPU_GUARDED_BY(mutex_) = 0;
    std::map<std::int64_t, std::size_t> conflicts_of_ QUIPU_GUARDED_BY(mutex_);
    /// Records whose effects the store refuses, and why.
    std::map<std::int64_t, HandlerFailure> refusals_ QUIPU_GUARDED_BY(mutex_);
    /// poll() has given everything that the log has, and all of it was taken in.
    bool read_to_end_ QUIPU_GUARDED_BY(mutex_) = true;
    /// The partitions that are assigned, as Parked::source.
    std::set<std::string> sources_ QUIPU_GUARDED_BY(mutex_);
    /// Up to the cursor, subscribed to, and not begun.
    PendingPredecessors predecessors_ QUIPU_GUARDED_BY(mutex_);
    Clock::time_point paused_until_ QUIPU_GUARDED_BY(mutex_){};
    Clock::time_point next_tick_ QUIPU_GUARDED_BY(mutex_){};
    bool tick_running_ QUIPU_GUARDED_BY(mutex_) = false;
    std::uint64_t handled_ QUIPU_GUARDED_BY(mutex_) = 0;
    std::uint64_t failed_ QUIPU_GUARDED_BY(mutex_) = 0;
    std::uint64_t letters_ QUIPU_GUARDED_BY(mutex_) = 0;
    std::uint64_t conflicts_ QUIPU_GUARDED_BY(mutex_) = 0;
    Clock::time_point progressed_ QUIPU_GUARDED_BY(mutex_) = Clock::now();
    std::string problem_ QUIPU_GUARDED_BY(mutex_);

    Mutex random_mutex_;
    std::function<double()> random_ QUIPU_GUARDED_BY(random_mutex_);

    std::vector<std::thread> workers_;
    std::thread reader_;
};

}  // namespace quipu
