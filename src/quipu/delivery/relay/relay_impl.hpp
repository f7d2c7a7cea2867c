// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "quipu/delivery/relay.hpp"
#include "relay_lease.hpp"

namespace quipu {

/// Two threads: one reads the store and gives records to the log, the other holds the lease and
/// moves the mark behind what the log has acknowledged.
///
/// Locking: mutex_ guards everything below it; it is never held while the store or the log is
/// called. The log's callbacks take it, and hold on to the object.
class Relay::Impl : public std::enable_shared_from_this<Relay::Impl> {
  public:
    Impl(Store& store, TopicLog& log, RelayOptions options);

    [[nodiscard]] Result<void> start();
    void stop(std::chrono::milliseconds deadline);
    [[nodiscard]] bool wait_published(std::int64_t position, std::chrono::milliseconds timeout);
    [[nodiscard]] RelayStatus status() const;

  private:
    using Clock = std::chrono::steady_clock;
    using Ranges = std::vector<std::pair<std::int64_t, std::int64_t>>;

    /// How long after an error of store or log before the next try.
    static constexpr std::chrono::milliseconds error_wait{500};

    /// A record that was given to the log.
    struct Sent {
        RecordPtr record;
        bool again = false;  // the log lost it: to be sent once more, in order
    };

    // relay_publish.cpp
    void publish_loop();
    /// False when there was nothing to do.
    [[nodiscard]] bool publish_some();
    /// Whether more may be given to the log. mutex_ is held.
    [[nodiscard]] bool room() const;
    /// False when the record needs no sending. mutex_ is held.
    [[nodiscard]] bool accept(const RecordPtr& record);
    void send(const RecordPtr& record, std::uint64_t term, std::uint64_t epoch);
    void send_again(std::unique_lock<std::mutex>& lock);
    void answered(const RecordPtr& record, std::uint64_t term, const Result<LogPlace>& place);
    void settle_error(const RecordPtr& record, const Error& error);

    // relay_mark.cpp
    void mark_loop();
    void try_to_lead();
    void step_down(const std::string& problem);
    /// Commits what was acknowledged and renews the lease.
    void move_mark();
    /// As many dead letters as go into one transaction. mutex_ is held.
    void take_letters(Transaction& transaction);
    void pace_marks();

    // relay_look.cpp
    void look_after(Clock::time_point now);
    void retry_missing_topics();
    void take_requeued();
    void notice(std::string_view level, const std::string& text) const;
    void set_problem(std::string problem);

    Store& store_;
    TopicLog& log_;
    const RelayOptions options_;
    const std::string group_{relay_group};
    RelayLease lease_;  // mark thread only

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    bool active_ = false;
    bool publishing_ = false;  // the publish thread runs
    std::uint64_t term_ = 0;   // grows with each lease; answers of an older one count no more
    std::uint64_t epoch_ = 0;  // of the log, when it last had answered for all that was sent
    std::int64_t cursor_ = 0;
    std::int64_t mark_ = 0;
    std::set<std::int64_t> finished_above_;
    std::map<std::int64_t, Sent> sent_;
    std::size_t sent_bytes_ = 0;
    std::size_t again_ = 0;
    Ranges done_;  // acknowledged, or not to be sent; not marked yet
    std::map<std::string, std::set<std::int64_t>, std::less<>> missing_;  // topics that don't exist
    std::vector<DeadLetter> letters_;
    std::map<std::int64_t, Parked> requeued_;  // dead letters that were given back
    std::vector<Parked> unpark_;
    std::uint64_t published_ = 0;
    std::string problem_;
    Clock::time_point next_look_{};
    int waiting_for_mark_ = 0;       // callers; for them the mark does not wait for more to mark
    Clock::time_point last_mark_{};  // mark thread only

    std::thread publisher_;
    std::thread marker_;
};

}  // namespace quipu
