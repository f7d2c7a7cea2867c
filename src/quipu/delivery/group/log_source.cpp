// SPDX-License-Identifier: Apache-2.0
#include "log_source.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "quipu/delivery/log/wire.hpp"

namespace quipu {

namespace {

constexpr std::chrono::milliseconds poll_wait{20};
constexpr std::size_t poll_batch = 256;  // records at once, from the log or the store
// Records that the store has and the log has not brought yet; scanning the store stops there.
constexpr std::size_t max_predecessors = 65'536;
constexpr std::size_t max_scan_batches = 8;
constexpr int max_backfill_rounds = 4;
// Records out of order beyond this number keep no body and are read from the store again.
constexpr std::size_t max_out_of_order_bodies = 4096;
// With more records than this out of order, the group no longer waits for the log.
constexpr std::size_t max_out_of_order = 262'144;
constexpr std::chrono::milliseconds refresh_interval{1000};
constexpr std::chrono::milliseconds refresh_interval_out_of_order{50};
// When nothing has come for this long, the record that a key waits for is read from the store, even
// if another member may be handling it: the store lets one of the two finish it.
constexpr std::chrono::seconds order_patience{60};
// A handler that runs longer still keeps its effects if it commits before the partition's next
// owner does; otherwise its work is repeated there.
constexpr std::chrono::seconds revoke_wait{10};

}  // namespace

LogSource::LogSource(Store& store, const EventTypes& types, TopicLog& log, SourceOwner& owner,
                     std::function<Time()> now, Options options)
    : store_(store),
      types_(types),
      log_(log),
      owner_(owner),
      now_(std::move(now)),
      options_(std::move(options)),
      cursor_(store, options_.consumer.event_types),
      search_(store, options_.patience) {}

Result<void> LogSource::open(const GroupPosition& position) {
    cursor_.open(position);
    auto made = make_consumer(true);
    if (!made) return std::unexpected(std::move(made.error()));
    consumer_ = std::move(*made);
    return {};
}

Result<std::unique_ptr<LogConsumer>> LogSource::make_consumer(bool named) {
    LogConsumerOptions consumer = options_.consumer;
    if (!named) consumer.member.clear();
    // The callbacks run within poll() and close(), on the reader's thread.
    consumer.assigned = [this](const std::vector<LogPartition>& partitions) {
        partitions_assigned(partitions);
    };
    consumer.revoked = [this](const std::vector<LogPartition>& partitions, bool lost) {
        partitions_revoked({partitions.begin(), partitions.end()}, lost);
    };
    return log_.consume(std::move(consumer));
}

Result<void> LogSource::fall_back_to_dynamic_membership(const Error& error) {
    // Another process has the name, or the broker mistook an earlier start of this one for another.
    // Without a name both can work, and the group does not stop.
    owner_.source_notice(error.message +
                         "; this process continues as a dynamic member, without its name");
    consumer_->close();
    auto made = make_consumer(false);
    if (!made) return std::unexpected(std::move(made.error()));
    consumer_ = std::move(*made);
    paused_ = false;
    return {};
}

SourceState LogSource::state() const {
    std::int64_t position = cursor_.at();
    if (!predecessors_.empty()) position = std::min(position, predecessors_.first() - 1);
    return {position, predecessors_.size(), at_end_};
}

bool LogSource::finished_elsewhere(std::int64_t position) {
    const auto unfinished = store_.unfinished(options_.consumer.group, {position});
    return unfinished && unfinished->empty();
}

SourceYield LogSource::next(std::size_t room) {
    SourceYield yield;
    settle_finished();
    poll(room, yield);
    if (!polled_.empty()) ingest_polled(yield);
    scan_store(yield);
    refresh();
    backfill(room, yield);
    release_out_of_order(yield);
    at_end_ = polled_.empty() && consumer_->at_end();
    return yield;
}

void LogSource::poll(std::size_t room, SourceYield& yield) {
    // Resuming fetches again, so it waits until that is worthwhile.
    if (paused_ && room < (options_.max_in_flight + 1) / 2) room = 0;
    const bool full = room == 0 || !polled_.empty();
    if (full != paused_) consumer_->pause(paused_ = full);
    auto batch = consumer_->poll(poll_wait, full ? 1 : std::min(room, poll_batch));
    if (batch) {
        std::ranges::move(*batch, std::back_inserter(polled_));
    } else if (batch.error().code == ErrorCode::conflict) {
        if (auto again = fall_back_to_dynamic_membership(batch.error()); !again) {
            yield.problem = std::move(again.error());
        }
    } else {
        yield.problem = std::move(batch.error());
    }
}

void LogSource::close() {
    settle_finished();
    consumer_->close();
}

void LogSource::settle_finished() {
    for (const std::int64_t position : take_finished()) {
        cursor_.finished(position);
        predecessors_.remove(position);
        finish_in_log(position);
    }
}

void LogSource::finish_in_log(std::int64_t position) {
    for (const LogPlace& place : open_.remove(position)) {
        consumer_->finished(place.partition, place.offset);
    }
}

void LogSource::ingest_polled(SourceYield& yield) {
    // The records stay in polled_ until the store has answered for all of them.
    auto arrivals = take_in(store_, types_, polled_, now_());
    if (!arrivals) {
        yield.problem = std::move(arrivals.error());
        return;
    }
    std::vector<std::int64_t> unknown;
    for (const Arrival& arrival : *arrivals) {
        if (!open_.contains(arrival.record->position)) unknown.push_back(arrival.record->position);
    }
    auto unfinished = store_.unfinished(options_.consumer.group, unknown);
    if (!unfinished) {
        yield.problem = std::move(unfinished.error());
        return;
    }
    // What comes before them in the store must be known first.
    scan_store(yield);
    polled_.clear();
    accept(*arrivals, {unfinished->begin(), unfinished->end()}, yield);
}

void LogSource::accept(std::vector<Arrival>& arrivals, const std::set<std::int64_t>& unfinished,
                       SourceYield& yield) {
    for (Arrival& arrival : arrivals) {
        const std::int64_t position = arrival.record->position;
        const std::string key = order_of(*arrival.record);
        if (open_.contains(position)) {
            open_.add(position, arrival.place, key);
            continue;
        }
        if (!unfinished.contains(position)) {
            consumer_->finished(arrival.place.partition, arrival.place.offset);
            continue;
        }
        open_.add(position, arrival.place, key);
        if (known_up_to(position) && !predecessors_.before(position, key)) {
            admit(std::move(arrival), yield);
            continue;
        }
        predecessors_.add(position, key);
        // A refused record is stored under its place in the log; there are few of them.
        if (out_of_order_.size() >= max_out_of_order_bodies) arrival.record.reset();
        out_of_order_.emplace(position, std::move(arrival));
    }
    arrived_ = Clock::now();
}

void LogSource::admit(Arrival arrival, SourceYield& yield) {
    const std::int64_t position = arrival.record->position;
    predecessors_.remove(position);
    yield.records.push_back(
        {std::move(arrival.record), open_.source(position), std::move(arrival.refusal)});
}

void LogSource::partitions_assigned(const std::vector<LogPartition>& partitions) {
    std::set<std::string> sources;
    for (const LogPartition& partition : partitions) sources.insert(wire::source_of(partition));
    search_.reset();
    owner_.sources_gained(sources);
}

void LogSource::partitions_revoked(const std::set<LogPartition>& partitions, bool lost) {
    std::erase_if(polled_, [&](const ReceivedRecord& record) {
        return partitions.contains(record.partition());
    });
    search_.reset();
    settle_finished();
    // Records that have not begun are left to the next owner, unless a partition of ours has them,
    // too.
    std::set<std::int64_t> left_open;
    for (const std::int64_t position : open_.only_in(partitions)) {
        if (out_of_order_.erase(position) > 0) {
            static_cast<void>(open_.remove(position));
        } else {
            left_open.insert(position);
        }
    }
    for (const std::int64_t position : owner_.take_back(left_open)) {
        if (position <= cursor_.at()) predecessors_.add(position, open_.key(position));
        static_cast<void>(open_.remove(position));
        left_open.erase(position);
    }
    open_.forget_places(partitions);
    std::set<std::string> sources;
    for (const LogPartition& partition : partitions) sources.insert(wire::source_of(partition));
    owner_.sources_lost(sources, left_open, lost,
                        Clock::now() + (lost ? std::chrono::seconds{0} : revoke_wait));
    // Before the offsets are committed.
    settle_finished();
}

std::string LogSource::order_of(const Record& record) const {
    return options_.serial ? std::string{} : record.key;
}

bool LogSource::known_up_to(std::int64_t position) const {
    return position <= cursor_.at() || predecessors_.size() >= max_predecessors ||
           store_unreadable_;
}

void LogSource::scan_store(SourceYield& yield) {
    for (std::size_t round = 0; round < max_scan_batches; ++round) {
        if (predecessors_.size() >= max_predecessors) break;
        if (store_.last_position() <= cursor_.at()) break;
        const auto batch = cursor_.read(poll_batch);
        if (batch && batch->empty()) break;
        // What can never be read must not stop what the log brings.
        store_unreadable_ = !batch && !batch.error().retryable();
        if (!batch) {
            if (!store_unreadable_) yield.problem = batch.error();
            break;
        }
        for (const RecordPtr& record : *batch) {
            const std::int64_t position = record->position;
            if (!cursor_.pass(*record, yield.nothing) || was_given_out(position)) continue;
            predecessors_.add(position, order_of(*record));
            if (out_of_order_.contains(position)) predecessors_.release_if_first(position);
        }
    }
}

void LogSource::refresh() {
    const auto now = Clock::now();
    if (now < next_refresh_) return;
    next_refresh_ =
        now + (out_of_order_.empty() ? refresh_interval : refresh_interval_out_of_order);
    const std::vector<std::int64_t> pending = predecessors_.positions();
    if (pending.empty()) return;
    const auto unfinished = store_.unfinished(options_.consumer.group, pending);
    if (!unfinished) return;
    const std::set<std::int64_t> left(unfinished->begin(), unfinished->end());
    for (const std::int64_t position : pending) {
        if (left.contains(position)) continue;
        predecessors_.remove(position);
        if (out_of_order_.erase(position) > 0) finish_in_log(position);
    }
}

void LogSource::release_out_of_order(SourceYield& yield) {
    if (out_of_order_.empty()) {
        static_cast<void>(predecessors_.take_released());
        return;
    }
    while (true) {
        if (store_unreadable_ || predecessors_.size() >= max_predecessors) {
            for (auto at = out_of_order_.upper_bound(cursor_.at()); at != out_of_order_.end();
                 ++at) {
                predecessors_.release_if_first(at->first);
            }
        }
        std::vector<std::int64_t> ready;
        for (const std::int64_t position : predecessors_.take_released()) {
            if (out_of_order_.contains(position) && known_up_to(position)) {
                ready.push_back(position);
            }
        }
        const bool patient =
            out_of_order_.size() < max_out_of_order && Clock::now() - arrived_ < order_patience;
        if (ready.empty() && !out_of_order_.empty() && !patient) {
            take_predecessors(yield);
            arrived_ = Clock::now();
        }
        if (ready.empty()) return;
        for (const std::int64_t position : ready) {
            // A position may be released twice.
            if (!out_of_order_.contains(position)) continue;
            if (!begin_out_of_order(position, yield)) {
                // Still the first of its key: released again with the next look.
                predecessors_.release_if_first(position);
                return;
            }
        }
        arrived_ = Clock::now();
    }
}

bool LogSource::begin_out_of_order(std::int64_t position, SourceYield& yield) {
    Arrival& arrival = out_of_order_.at(position);
    if (arrival.record == nullptr) {
        auto stored = store_.at(position);
        if (!stored) {
            yield.problem = std::move(stored.error());
            return false;
        }
        if (!*stored) {
            // It was removed from the store, which counts as finished.
            out_of_order_.erase(position);
            predecessors_.remove(position);
            finish_in_log(position);
            return true;
        }
        arrival.record = std::make_shared<const Record>(std::move(**stored));
    }
    Arrival taken = std::move(arrival);
    out_of_order_.erase(position);
    admit(std::move(taken), yield);
    return true;
}

std::string LogSource::source_for(const Record& record) const {
    if (wire::is_ingested(record)) return wire::source_of_ingested(record);
    const auto partition = consumer_->partition_of(record.event_type, record.key);
    return partition ? wire::source_of(*partition) : std::string{};
}

void LogSource::backfill(std::size_t room, SourceYield& yield) {
    if (polled_.empty()) {
        std::optional<std::int64_t> missing;
        const std::vector<std::int64_t> pending = predecessors_.positions();
        const auto first = std::ranges::find_if(
            pending, [&](std::int64_t position) { return !out_of_order_.contains(position); });
        if (first != pending.end()) missing = *first;
        search_.look(*consumer_, missing, cursor_.at());
    }
    // The log must be polled in between, so this is done in rounds.
    for (int round = 0; round < max_backfill_rounds && yield.records.size() < room; ++round) {
        const LogSearch::Range range = search_.range(cursor_.at());
        if (range.empty()) break;
        const std::size_t limit = std::min(room - yield.records.size(), poll_batch);
        auto batch = store_.read(range.first - 1, limit);
        if (!batch) {
            yield.problem = std::move(batch.error());
            return;
        }
        const std::int64_t last =
            batch->empty() ? range.last : std::min(range.last, batch->back()->position);
        // What was removed from the store counts as finished.
        for (const std::int64_t position : predecessors_.between(range.first, last)) {
            if (out_of_order_.contains(position)) continue;
            if (std::ranges::find(*batch, position, &Record::position) == batch->end()) {
                predecessors_.remove(position);
            }
        }
        std::erase_if(*batch, [&](const RecordPtr& record) {
            return record->position > last || !search_.has_passed(source_for(*record));
        });
        const auto taken = accept_from_store(std::move(*batch), yield);
        if (!taken) return;
        search_.advance(last, *taken);
    }
    if (const auto found = search_.finish(); found && found->taken > 0) {
        owner_.source_notice(std::to_string(found->taken) + " events up to position " +
                             std::to_string(found->up_to) +
                             " are no longer in the log and were read from the store");
    }
}

void LogSource::take_predecessors(SourceYield& yield) {
    std::set<std::int64_t> firsts;
    for (const auto& [position, arrival] : out_of_order_) {
        const auto* const key = predecessors_.key_of(position);
        if (key != nullptr) firsts.insert(predecessors_.first_of(*key));
        if (firsts.size() >= poll_batch) break;
    }
    std::vector<RecordPtr> records;
    for (const std::int64_t position : firsts) {
        auto stored = store_.at(position);
        if (!stored) {
            yield.problem = std::move(stored.error());
            return;
        }
        if (*stored) {
            records.push_back(std::make_shared<const Record>(std::move(**stored)));
        } else {
            predecessors_.remove(position);
        }
    }
    owner_.source_notice(
        std::to_string(out_of_order_.size()) +
        " events wait for earlier ones of their keys, which the log has not brought; those are now "
        "read from the store");
    static_cast<void>(accept_from_store(std::move(records), yield));
}

std::optional<std::size_t> LogSource::accept_from_store(std::vector<RecordPtr> records,
                                                        SourceYield& yield) {
    std::erase_if(records, [&](const RecordPtr& record) {
        return !predecessors_.contains(record->position) ||
               out_of_order_.contains(record->position);
    });
    std::vector<std::int64_t> positions;
    for (const RecordPtr& record : records) positions.push_back(record->position);
    const auto unfinished = store_.unfinished(options_.consumer.group, positions);
    if (!unfinished) {
        yield.problem = unfinished.error();
        return std::nullopt;
    }
    const std::set<std::int64_t> left(unfinished->begin(), unfinished->end());
    for (RecordPtr& record : records) {
        const std::int64_t position = record->position;
        if (!left.contains(position)) {
            predecessors_.remove(position);
            continue;
        }
        const std::string key = order_of(*record);
        open_.add_without_place(position, source_for(*record), key);
        Arrival arrival{std::move(record), {}, {}};
        if (predecessors_.before(position, key)) {
            out_of_order_.emplace(position, std::move(arrival));
        } else {
            admit(std::move(arrival), yield);
        }
    }
    arrived_ = Clock::now();
    return left.size();
}

}  // namespace quipu
