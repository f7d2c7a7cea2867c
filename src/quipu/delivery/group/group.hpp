// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "awaited.hpp"
#include "lanes.hpp"
#include "open_places.hpp"
#include "quipu/delivery/log/log_intake.hpp"
#include "quipu/delivery/runtime.hpp"

namespace quipu {

/// So often a group looks for what other processes did to its records.
constexpr std::chrono::milliseconds refresh_interval{1000};
/// So many subscribed records may be known from the store and not yet seen in the log.
constexpr std::size_t max_awaited = 65'536;
constexpr std::size_t poll_batch = 256;  // records together, from the log or the store

/// One consumer group at work: a thread that reads the log into lanes, and threads that handle.
///
/// Locking: mutex_ guards everything below it. It is never held while the store or a handler is
/// called; commit callbacks take it on the store's writer thread.
class DeliveryRuntime::Group : public std::enable_shared_from_this<Group> {
  public:
    Group(Store& store, const EventTypes& types, GroupBinding binding,
          std::shared_ptr<const RuntimeOptions> options);

    [[nodiscard]] Result<void> open();
    void start();
    void request_stop();
    /// Waits for the threads and the commits in flight; false when `deadline` passed first.
    [[nodiscard]] bool join(std::chrono::steady_clock::time_point deadline);

    [[nodiscard]] bool idle_at(std::int64_t position) const;
    void requeued(const DeadLetter& letter);
    [[nodiscard]] GroupStatus status() const;
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

  private:
    using Clock = std::chrono::steady_clock;

    struct Failure {
        std::string error;
        bool permanent = false;
        /// It could not read its documents: no try of the handler's, and no reason to give up.
        bool store_is_away = false;
    };

    /// What running a unit of records has brought, to be committed as one.
    struct Unit {
        std::vector<Item> items;
        std::vector<Parked> newly_parked;
        Transaction transaction;
        std::uint64_t failures = 0;
        std::uint64_t letters = 0;
    };

    // group_read.cpp
    void read_loop();
    void accept(const std::vector<RecordPtr>& batch);
    void flush_skipped(bool at_once);
    /// mutex_ is held: moves the cursor over a record; whether the group subscribes to it.
    [[nodiscard]] bool pass(const Record& record);
    [[nodiscard]] bool is_finished_already(std::int64_t position);
    /// What is parked of a record that waits from now on.
    [[nodiscard]] Parked behind_now(const Record& record) const;
    void park_behind(const RecordPtr& record);
    void submit_park_behind(Parked parked);

    // group_gone.cpp: reader thread
    /// Finds out which partitions will bring nothing more of what is awaited.
    void look_for_gone();
    [[nodiscard]] bool begin_search(std::int64_t first);
    /// Takes what those do not bring from the store.
    void take_gone();
    /// The partition that brought a record, or would have; empty when it is not known.
    [[nodiscard]] std::string belongs_to(const Record& record) const;
    /// How much of the store a search has yet to look through, as far as the cursor has come.
    [[nodiscard]] std::int64_t unread();
    /// Begins with the records that early ones have waited for too long.
    void take_predecessors();
    /// Records that are awaited, as if the log had brought them; how many.
    [[nodiscard]] std::optional<std::size_t> accept_stored(const std::vector<RecordPtr>& records);

    // group_log.cpp: reader thread, or with mutex_ held where it says so
    [[nodiscard]] Result<void> open_consumer();
    [[nodiscard]] Result<std::unique_ptr<LogConsumer>> make_consumer(bool named);
    /// After a conflict about the member's name.
    void give_up_name(const Error& error);
    void log_loop();
    void end_log();
    void take_held();
    void accept_arrivals(std::vector<Arrival>& arrivals, const std::set<std::int64_t>& unfinished);
    /// Records with the same answer begin in the store's order.
    [[nodiscard]] std::string order_of(const Record& record) const;
    /// mutex_ is held: lets a record begin; false when it has to be parked behind another.
    [[nodiscard]] bool admit(Arrival& arrival);
    /// Lets records begin whose predecessors have begun, or will not come.
    void release_early();
    void begin_early(std::int64_t position);
    /// Passes over the store's log, so that the offset can move, and lag and order are known.
    void skim();
    /// mutex_ is held: whether all that comes before a record is known, or too much to wait for.
    [[nodiscard]] bool known_up_to(std::int64_t position) const {
        return position <= cursor_ || awaited_.size() >= max_awaited || blind_;
    }
    void refresh();
    /// Takes what the store has parked and no lane holds: another process requeued or left it.
    /// False when this group changes what is parked at the moment; then look again.
    bool adopt_parked();
    /// mutex_ is held.
    void parking_settled();
    void partitions_assigned(const std::vector<LogPartition>& partitions);
    void partitions_revoked(const std::set<LogPartition>& partitions, bool lost);
    void wait_after(const Error& error);
    /// mutex_ is held: a record's transaction is committed.
    void finished_here(std::int64_t position);
    /// Tells the log that what it holds of a position is finished. The group is locked.
    void give_back(std::int64_t position);
    /// Whether another process was quicker; asks the store only after a conflict.
    [[nodiscard]] bool finished_elsewhere(std::int64_t position);
    /// The record as it is stored; what came through a log lacks what only the store knows.
    [[nodiscard]] RecordPtr original(const RecordPtr& record);

    // group_work.cpp
    void work_loop();
    [[nodiscard]] bool work_once(std::unique_lock<std::mutex>& lock);
    void run_items(std::vector<Item> items);
    void run_retry(Lane& lane);
    void run_tick();
    /// Calls the handler; empty on success, else what went wrong.
    [[nodiscard]] std::optional<Failure> call(Effects& effects, const Record& record, int attempt);
    [[nodiscard]] std::optional<Failure> handle(Effects& effects, const Record& record,
                                                int attempt);
    void settle_failure(Unit& unit, const RecordPtr& record, Failure failure,
                        std::vector<Attempt> attempts, std::string source);
    [[nodiscard]] Time retry_at(const RetryPolicy& policy, std::size_t attempts);

    // group_commit.cpp
    void commit_items(Unit unit, bool wait);
    /// Returns what has to be parked behind, once the lock is gone.
    [[nodiscard]] std::vector<Parked> items_committed(Unit& unit);
    // mutex_ is held: what waits in a lane is parked behind what is parked there, to be submitted
    // when the lock is gone.
    [[nodiscard]] std::vector<Parked> park_waiting(Lane& lane);
    void take_waiting(Lane& lane, std::vector<Parked>& behind) const;
    void hold_behind(const std::vector<Parked>& behind);
    void items_refused(Unit& unit, const Error& error);
    void commit_retry(Lane& lane, Unit unit, std::int64_t position, bool removed, bool wait);
    void retry_refused(std::int64_t position, const Error& error);
    /// Counts a refusal of one record's transaction; true when it has become a failure.
    bool count_refusal(std::int64_t position, const Error& error);
    [[nodiscard]] std::optional<Failure> take_refusal(std::int64_t position);
    /// False when the store no longer has this entry: its event was taken out of the log.
    [[nodiscard]] bool still_parked(std::int64_t position);
    void note_progress();
    void pause_for(const Error& error);
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

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    std::size_t running_threads_ = 0;
    std::size_t pending_commits_ = 0;
    std::size_t parking_ = 0;            // of these, such that change what is parked
    std::uint64_t parking_settled_ = 0;  // how many of those have ended
    std::vector<std::thread> workers_;
    std::thread reader_;

    Lanes lanes_;
    std::int64_t cursor_ = 0;                // everything up to here was read
    bool blind_ = false;                     // what comes next cannot be read from the store
    std::set<std::int64_t> outstanding_;     // read, subscribed, and not finished
    std::set<std::int64_t> finished_above_;  // finished before this start, beyond the offset
    std::vector<std::pair<std::int64_t, std::int64_t>> skipped_;  // nothing of ours in them
    Clock::time_point skipped_since_{};
    std::size_t isolate_ = 0;  // so many records are handled one by one after a conflict
    std::map<std::int64_t, std::size_t> conflicts_of_;
    std::map<std::int64_t, Failure> refused_;  // what the store will not take, and why
    std::unique_ptr<LogConsumer> consumer_;    // null where the store is the log
    std::vector<ReceivedRecord> held_;         // reader thread: polled, and not in the store yet
    bool read_to_end_ = true;                  // nothing in the log that was not taken in
    OpenPlaces places_;
    std::set<std::string> sources_;          // the partitions that are assigned
    Awaited awaited_;                        // up to the cursor, subscribed, not begun
    std::map<std::int64_t, Arrival> early_;  // reader thread: before an earlier one of their key
    Clock::time_point arrived_{};            // reader thread: when something last came or began
    Clock::time_point next_refresh_{};       // reader thread
    /// For what the log does not bring; reader thread.
    struct Search {
        std::int64_t mark;                          // the log was given everything up to here
        std::map<LogPartition, std::int64_t> ends;  // after that, until a partition has passed its
        std::set<std::string> passed;               // the others; sources
        std::int64_t next;                          // where to go on looking in the store
        std::size_t taken = 0;
    };
    std::optional<Search> search_;
    std::int64_t first_missing_ = 0;  // at the last look
    int in_vain_ = 0;                 // searches that found nothing
    Clock::time_point next_look_{};
    Clock::time_point paused_until_{};
    Clock::time_point next_tick_{};
    bool tick_running_ = false;

    std::uint64_t handled_ = 0;
    std::uint64_t failed_ = 0;
    std::uint64_t letters_ = 0;
    std::uint64_t conflicts_ = 0;
    Clock::time_point progressed_ = Clock::now();
    std::string problem_;

    std::mutex random_mutex_;
    std::function<double()> random_;
};

}  // namespace quipu
