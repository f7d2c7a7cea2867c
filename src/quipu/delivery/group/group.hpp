// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "committer.hpp"
#include "crash_guard.hpp"
#include "executor.hpp"
#include "lag_counter.hpp"
#include "quipu/base/mutex.hpp"
#include "quipu/delivery/runtime.hpp"
#include "scheduler.hpp"
#include "source.hpp"

namespace quipu {

/// One consumer group at work. It wires four parts to threads: the source gives records to the
/// reader thread, which hands them to the scheduler; worker threads take what may run now, let the
/// executor call its handler, and give what came of it to the committer; the store's answers go
/// back to the scheduler and the source.
///
/// The source belongs to the reader thread. The scheduler and the counters are guarded by mutex_,
/// which is never held while the store, the log or a handler is called.
class DeliveryRuntime::Group : public std::enable_shared_from_this<Group>,
                               private SourceOwner,
                               private CommitOwner {
  public:
    Group(Store& store, const EventTypes& types, GroupBinding binding,
          std::shared_ptr<const RuntimeOptions> options);

    [[nodiscard]] Result<void> open();
    void start() QUIPU_EXCLUDES(mutex_);
    void request_stop() QUIPU_EXCLUDES(mutex_);
    /// Waits for the threads and the commits in flight; false when `deadline` passed first.
    [[nodiscard]] bool join(std::chrono::steady_clock::time_point deadline) QUIPU_EXCLUDES(mutex_);

    [[nodiscard]] bool idle_at(std::int64_t position) const QUIPU_EXCLUDES(mutex_);
    /// See DeliveryRuntime.
    void requeued(const DeadLetter& letter) QUIPU_EXCLUDES(mutex_);
    void retry_now(std::int64_t position) QUIPU_EXCLUDES(mutex_);
    void removed(std::int64_t position) QUIPU_EXCLUDES(mutex_);
    /// Events were parked for it by rewind_group.
    void rewound(const std::vector<Parked>& entries) QUIPU_EXCLUDES(mutex_);
    [[nodiscard]] GroupStatus status() const QUIPU_EXCLUDES(mutex_);
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

  private:
    using Clock = std::chrono::steady_clock;

    // The reader thread.
    void read_loop() QUIPU_EXCLUDES(mutex_);
    /// How many more records the group takes; waits for room where the source allows it.
    [[nodiscard]] std::size_t wait_for_room() QUIPU_EXCLUDES(mutex_);
    void accept(SourceYield yield) QUIPU_EXCLUDES(mutex_);
    void end_reading() QUIPU_EXCLUDES(mutex_);
    /// Tells the operator what the group subscribes to, and which events of new types it has
    /// passed.
    [[nodiscard]] Result<void> tell_subscriptions(const GroupPosition& position);
    /// What has to be done now and then, whatever the source brings.
    void keep_house() QUIPU_EXCLUDES(mutex_);
    /// Hands all that is parked of these sources to the scheduler; of all sources when null.
    [[nodiscard]] Result<void> load_parked(const std::set<std::string>* sources)
        QUIPU_EXCLUDES(mutex_);
    /// Learns what other processes have parked, requeued, discarded and archived.
    void refresh_parked() QUIPU_EXCLUDES(mutex_);
    [[nodiscard]] bool is_ours(const Parked& entry) const QUIPU_REQUIRES(mutex_);
    void back_off(const Error& error) QUIPU_EXCLUDES(mutex_);

    // The worker threads.
    void work_loop(std::size_t worker) QUIPU_EXCLUDES(mutex_);
    /// False when there was nothing to do.
    [[nodiscard]] bool work_once(std::size_t worker) QUIPU_REQUIRES(mutex_);
    /// Loads parked records of a key that has run out of those in memory.
    void load_lane(const Scheduler::Load& load) QUIPU_EXCLUDES(mutex_);
    void run(std::size_t worker, std::vector<Task> tasks, bool alone) QUIPU_EXCLUDES(mutex_);
    void run_tick() QUIPU_EXCLUDES(mutex_);
    [[nodiscard]] Clock::time_point next_wakeup() const QUIPU_REQUIRES(mutex_);
    /// Whether a task whose commit was refused has been settled by another process.
    [[nodiscard]] bool is_settled(const Task& task);
    void return_tasks(std::vector<Task> tasks) QUIPU_REQUIRES(mutex_);
    /// Wakes as many workers as the scheduler has tasks for.
    void wake_workers() QUIPU_REQUIRES(mutex_);

    // SourceOwner.
    void sources_gained(const std::set<std::string>& sources) override QUIPU_EXCLUDES(mutex_);
    [[nodiscard]] std::vector<std::int64_t> take_back(
        const std::set<std::int64_t>& positions) override QUIPU_EXCLUDES(mutex_);
    void sources_lost(const std::set<std::string>& sources, const std::set<std::int64_t>& positions,
                      bool lost, Clock::time_point until) override QUIPU_EXCLUDES(mutex_);
    void source_notice(std::string text) override;

    // CommitOwner.
    void committed(std::vector<Settled> tasks, const Tally& tally) override QUIPU_EXCLUDES(mutex_);
    void refused(std::vector<Task> tasks, const Error& error) override QUIPU_EXCLUDES(mutex_);
    void parked(const std::vector<std::int64_t>& positions) override QUIPU_EXCLUDES(mutex_);
    void parking_refused(const Error& error) override QUIPU_EXCLUDES(mutex_);
    void answered() override QUIPU_EXCLUDES(mutex_);

    /// A first delivery is over.
    void finish(std::int64_t position) QUIPU_REQUIRES(mutex_);
    void note_progress() QUIPU_REQUIRES(mutex_);
    /// Lets the group pause after an error of the store, for longer each time.
    void pause_for(const Error& error) QUIPU_REQUIRES(mutex_);
    /// After an unclean stop: the records that may have been in flight are handled alone.
    void begin_suspicion() QUIPU_EXCLUDES(mutex_);
    void notice(DeliveryNotice::Level level, const Record* record, std::string text) const;

    Store& store_;
    const EventTypes& types_;
    const GroupBinding binding_;
    const std::shared_ptr<const RuntimeOptions> shared_options_;
    const RuntimeOptions& options_;
    const std::string name_;
    const std::size_t threads_;
    const bool ticks_;
    std::vector<std::string> subscribed_types_;
    std::unique_ptr<Source> source_;  // the reader thread's; finished() is any thread's
    Executor executor_;
    Committer committer_;
    CrashGuard crashes_;
    mutable LagCounter lag_;

    // The reader thread's own.
    Clock::time_point next_refresh_{};
    Clock::time_point next_check_of_held_{};
    std::int64_t parked_change_ = 0;  // what others have parked was seen up to here

    mutable Mutex mutex_;
    // Each commit changes something, so those who wait for different things wait apart.
    Condition work_;     ///< for workers: tasks that can be taken
    Condition room_;     ///< for the reader: fewer records are outstanding
    Condition changed_;  ///< for those who wait for an end: of threads, commits, records
    bool stopping_ QUIPU_GUARDED_BY(mutex_) = false;
    std::size_t running_threads_ QUIPU_GUARDED_BY(mutex_) = 0;
    Scheduler scheduler_ QUIPU_GUARDED_BY(mutex_);
    /// As the source was seen last; `position` in the status also goes by what is outstanding.
    SourceState source_state_ QUIPU_GUARDED_BY(mutex_);
    /// Given by the source and not finished.
    std::set<std::int64_t> outstanding_ QUIPU_GUARDED_BY(mutex_);
    /// The partitions that are assigned, as Parked::source.
    std::set<std::string> sources_ QUIPU_GUARDED_BY(mutex_);
    /// Records up to here may have been in flight when the process ended; 0: none.
    std::int64_t suspect_up_to_ QUIPU_GUARDED_BY(mutex_) = 0;
    Clock::time_point paused_until_ QUIPU_GUARDED_BY(mutex_){};
    int pauses_ QUIPU_GUARDED_BY(mutex_) = 0;  // in a row
    Clock::time_point next_tick_ QUIPU_GUARDED_BY(mutex_){};
    bool tick_running_ QUIPU_GUARDED_BY(mutex_) = false;
    std::uint64_t handled_ QUIPU_GUARDED_BY(mutex_) = 0;
    std::uint64_t failed_ QUIPU_GUARDED_BY(mutex_) = 0;
    std::uint64_t letters_ QUIPU_GUARDED_BY(mutex_) = 0;
    std::uint64_t conflicts_ QUIPU_GUARDED_BY(mutex_) = 0;
    Clock::time_point progressed_ QUIPU_GUARDED_BY(mutex_) = Clock::now();
    /// The source has failed since then; unset while it delivers.
    std::optional<Clock::time_point> failing_since_ QUIPU_GUARDED_BY(mutex_);
    std::string problem_ QUIPU_GUARDED_BY(mutex_);

    std::vector<std::thread> workers_;
    std::thread reader_;
};

}  // namespace quipu
