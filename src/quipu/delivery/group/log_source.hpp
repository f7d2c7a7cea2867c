// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "log_search.hpp"
#include "open_places.hpp"
#include "pending_predecessors.hpp"
#include "quipu/delivery/log/log_intake.hpp"
#include "quipu/log/topic_log.hpp"
#include "source.hpp"

namespace quipu {

/// Records from the topics of a log beside the store, shared with the group's members in other
/// processes. The store knows each record's position, and what is finished whichever member did
/// it; so records of a key begin in the store's order, also when the log brings them in another.
class LogSource final : public Source {
  public:
    struct Options {
        LogConsumerOptions consumer = {};  ///< without callbacks
        bool serial = false;               ///< all records have one order, whatever their keys
        std::size_t max_in_flight = 0;
        std::chrono::milliseconds patience{};
    };
    LogSource(Store& store, const EventTypes& types, TopicLog& log, SourceOwner& owner,
              std::function<Time()> now, Options options);

    [[nodiscard]] Result<void> open(const GroupPosition& position) override;
    [[nodiscard]] SourceYield next(std::size_t room) override;
    [[nodiscard]] SourceState state() const override;
    [[nodiscard]] bool finished_elsewhere(std::int64_t position) override;
    [[nodiscard]] bool must_be_polled() const override { return true; }
    void close() override;

  private:
    using Clock = std::chrono::steady_clock;

    // Membership.
    [[nodiscard]] Result<std::unique_ptr<LogConsumer>> make_consumer(bool named);
    /// After a conflict about the member's name.
    [[nodiscard]] Result<void> fall_back_to_dynamic_membership(const Error& error);
    void partitions_assigned(const std::vector<LogPartition>& partitions);
    void partitions_revoked(const std::set<LogPartition>& partitions, bool lost);

    // What the log brings. Each of these notes in the yield what it could not do.
    void poll(std::size_t room, SourceYield& yield);
    void ingest_polled(SourceYield& yield);
    void accept(std::vector<Arrival>& arrivals, const std::set<std::int64_t>& unfinished,
                SourceYield& yield);
    /// Gives a record out.
    void admit(Arrival arrival, SourceYield& yield);
    void settle_finished();
    void finish_in_log(std::int64_t position);

    // Order: a record waits for the earlier ones of its key, which the store knows.
    /// Records with the same answer begin in the store's order.
    [[nodiscard]] std::string order_of(const Record& record) const;
    /// Moves the cursor through the store.
    void scan_store(SourceYield& yield);
    /// Whether all that comes before a record is known, or is too much to wait for.
    [[nodiscard]] bool known_up_to(std::int64_t position) const;
    /// Learns which of the pending records other processes have finished.
    void refresh();
    /// Gives out records whose predecessors have begun, or will not come.
    void release_out_of_order(SourceYield& yield);
    [[nodiscard]] bool begin_out_of_order(std::int64_t position, SourceYield& yield);
    [[nodiscard]] bool was_given_out(std::int64_t position) const {
        return open_.contains(position) && !out_of_order_.contains(position);
    }

    // Records that the log does not bring, from the store.
    void backfill(std::size_t room, SourceYield& yield);
    /// Reads the records for which others have waited too long.
    void take_predecessors(SourceYield& yield);
    /// Accepts missing records as if the log had brought them; how many, none after a problem.
    [[nodiscard]] std::optional<std::size_t> accept_from_store(std::vector<RecordPtr> records,
                                                               SourceYield& yield);
    /// The partition that brought a record, or would have; empty when it is not known.
    [[nodiscard]] std::string source_for(const Record& record) const;

    Store& store_;
    const EventTypes& types_;
    TopicLog& log_;
    SourceOwner& owner_;
    const std::function<Time()> now_;
    const Options options_;
    std::unique_ptr<LogConsumer> consumer_;
    bool paused_ = false;

    StoreCursor cursor_;
    bool store_unreadable_ = false;       // what comes next in the store can never be read
    std::vector<ReceivedRecord> polled_;  // from the log, and not in the store yet
    OpenPlaces open_;
    /// Came before an earlier one of their key. Without a record where memory was short.
    std::map<std::int64_t, Arrival> out_of_order_;
    /// Known from the store, and not given out.
    PendingPredecessors predecessors_;
    LogSearch search_;
    bool at_end_ = false;
    Clock::time_point arrived_ = Clock::now();  // when something last came or was given out
    Clock::time_point next_refresh_{};
};

}  // namespace quipu
