// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "in_flight.hpp"
#include "missing_topics.hpp"
#include "quipu/base/mutex.hpp"
#include "quipu/delivery/relay.hpp"
#include "relay_lease.hpp"
#include "settled_records.hpp"

namespace quipu {

/// One thread reads the store and gives records to the log; the other holds the lease and commits
/// the checkpoint behind what the log has acknowledged.
///
/// mutex_ is never held while the store or the log is called. The log's callbacks take it, and each
/// of them keeps the object alive.
class Relay::Impl : public std::enable_shared_from_this<Relay::Impl> {
  public:
    Impl(Store& store, TopicLog& log, RelayOptions options)
        : store_(store), log_(log), options_(std::move(options)), lease_(store, options_.lease) {}

    [[nodiscard]] Result<void> start() QUIPU_EXCLUDES(mutex_);
    void stop(std::chrono::milliseconds deadline) QUIPU_EXCLUDES(mutex_);
    [[nodiscard]] bool wait_published(std::int64_t position, std::chrono::milliseconds timeout)
        QUIPU_EXCLUDES(mutex_);
    [[nodiscard]] RelayStatus status() const QUIPU_EXCLUDES(mutex_);

  private:
    using Clock = std::chrono::steady_clock;

    // The publishing thread.
    void publish_loop();
    /// False when there was nothing to publish.
    [[nodiscard]] bool publish_batch();
    [[nodiscard]] bool has_room() const QUIPU_REQUIRES(mutex_);
    /// Moves the cursor over a record; false when the record is not to be sent now.
    [[nodiscard]] bool advance_over(const RecordPtr& record) QUIPU_REQUIRES(mutex_);
    void send(const RecordPtr& record, std::uint64_t term, std::uint64_t epoch);
    void resend() QUIPU_REQUIRES(mutex_);

    // The log's threads.
    void acknowledged(const RecordPtr& record, std::uint64_t term, const Result<LogPlace>& place);
    void settle_refusal(const RecordPtr& record, const Error& error) QUIPU_REQUIRES(mutex_);
    void finish_requeued(std::int64_t position) QUIPU_REQUIRES(mutex_);

    // The leading thread.
    void lead_loop();
    void try_to_lead();
    void step_down(const std::string& reason);
    void pace_checkpoints();
    /// Commits what is settled and renews the lease when that is due.
    void commit_checkpoint();
    void update_checkpoint() QUIPU_REQUIRES(mutex_);
    void upkeep(Clock::time_point now);
    void retry_missing_topics();
    [[nodiscard]] bool retry_topic(const std::string& event_type);
    void take_requeued();

    void notice(std::string_view level, const std::string& text) const;
    /// Shows the problem in status() and pauses.
    void back_off(std::string problem) QUIPU_EXCLUDES(mutex_);

    Store& store_;
    TopicLog& log_;
    const RelayOptions options_;
    const std::string group_{relay_group};
    RelayLease lease_;                     // the leading thread's, and stop()'s once that has ended
    Clock::time_point last_checkpoint_{};  // the leading thread's

    mutable Mutex mutex_;
    Condition changed_;
    bool stopping_ QUIPU_GUARDED_BY(mutex_) = false;
    bool leading_ QUIPU_GUARDED_BY(mutex_) = false;
    bool publishing_ QUIPU_GUARDED_BY(mutex_) = false;  // the publishing thread runs
    /// Grows with each lease; answers to what an earlier term has sent do not count.
    std::uint64_t term_ QUIPU_GUARDED_BY(mutex_) = 0;
    /// The log's, when it last had answered for everything that was sent.
    std::uint64_t epoch_ QUIPU_GUARDED_BY(mutex_) = 0;
    std::int64_t cursor_ QUIPU_GUARDED_BY(mutex_) = 0;  // read up to here
    /// Everything up to here is in the log, or never will be, and the store knows it.
    std::int64_t checkpoint_ QUIPU_GUARDED_BY(mutex_) = 0;
    std::set<std::int64_t> finished_above_ QUIPU_GUARDED_BY(mutex_);
    InFlight in_flight_ QUIPU_GUARDED_BY(mutex_);
    SettledRecords settled_ QUIPU_GUARDED_BY(mutex_);
    MissingTopics missing_topics_ QUIPU_GUARDED_BY(mutex_);
    std::map<std::int64_t, Parked> requeued_ QUIPU_GUARDED_BY(mutex_);  // dead letters sent again
    std::uint64_t published_ QUIPU_GUARDED_BY(mutex_) = 0;
    std::string problem_ QUIPU_GUARDED_BY(mutex_);
    Clock::time_point next_upkeep_ QUIPU_GUARDED_BY(mutex_){};
    /// Callers of wait_published(): for them the next checkpoint is committed at once.
    int waiting_callers_ QUIPU_GUARDED_BY(mutex_) = 0;

    std::thread publisher_;
    std::thread leader_;
};

}  // namespace quipu
