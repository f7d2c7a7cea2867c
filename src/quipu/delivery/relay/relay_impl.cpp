// SPDX-License-Identifier: Apache-2.0
#include "relay_impl.hpp"

#include <algorithm>
#include <vector>

#include "quipu/delivery/log/wire.hpp"

namespace quipu {

namespace {

constexpr std::size_t read_batch = 256;
constexpr std::size_t max_bytes_in_flight = std::size_t{64} << 20;
constexpr std::size_t max_letters_checked = 1000;

// How long the publishing thread waits for a new record in the store.
constexpr std::chrono::milliseconds idle_wait{250};
// How long the leading thread waits for something to commit, and for a free lease.
constexpr std::chrono::milliseconds commit_wait{50};
constexpr std::chrono::milliseconds lease_wait{100};
// At most this often a checkpoint is committed while nobody waits for it.
constexpr std::chrono::milliseconds checkpoint_interval{10};
// How often wait_published() asks the store.
constexpr std::chrono::milliseconds published_poll_interval{5};
// Interval between checks for topics that were missing and for dead letters that were requeued.
constexpr std::chrono::seconds upkeep_interval{2};
// Pause after an error of the store or the log.
constexpr std::chrono::milliseconds error_wait{500};

}  // namespace

Result<void> Relay::Impl::start() {
    // The store knows the group from now on and purges nothing that was not published.
    auto position = store_.open_group(group_, true);
    if (!position) return std::unexpected(std::move(position.error()));
    const MutexLock lock(mutex_);
    checkpoint_ = position->position;
    publishing_ = true;
    publisher_ = std::thread([self = shared_from_this()] { self->publish_loop(); });
    leader_ = std::thread([self = shared_from_this()] { self->lead_loop(); });
    return {};
}

void Relay::Impl::stop(std::chrono::milliseconds deadline) {
    {
        const MutexLock lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }
    store_.wake();
    bool ended = false;
    {
        const MutexLock lock(mutex_);
        ended = changed_.wait_for(mutex_, deadline,
                                  [&]() QUIPU_REQUIRES(mutex_) { return !publishing_; });
    }
    // It waits for room in the log's queue while no broker answers. The store has everything.
    if (!ended) log_.purge();
    if (publisher_.joinable()) publisher_.join();
    if (!leader_.joinable()) return;
    leader_.join();
    if (!lease_.held()) return;
    {
        const MutexLock lock(mutex_);
        changed_.wait_for(mutex_, deadline,
                          [&]() QUIPU_REQUIRES(mutex_) { return in_flight_.all_answered(); });
    }
    // Dead letters may take several transactions.
    for (std::size_t before = 0, left = SIZE_MAX; left > 0 && left != before;) {
        before = left;
        commit_checkpoint();
        const MutexLock lock(mutex_);
        left = settled_.letters();
    }
    lease_.release();
    const MutexLock lock(mutex_);
    ++term_;
    leading_ = false;
}

bool Relay::Impl::wait_published(std::int64_t position, std::chrono::milliseconds timeout) {
    const auto until = Clock::now() + timeout;
    while (true) {
        if (const auto left = store_.unfinished(group_, {position}); left && left->empty()) break;
        const MutexLock lock(mutex_);
        if (stopping_ || Clock::now() >= until) return false;
        ++waiting_callers_;
        changed_.notify_all();
        changed_.wait_until(
            mutex_, std::min(until, Clock::now() + published_poll_interval),
            [&]() QUIPU_REQUIRES(mutex_) { return stopping_ || checkpoint_ >= position; });
        --waiting_callers_;
    }
    // A record that the log refuses is finished as well: as a dead letter.
    const auto letters =
        store_.dead_letters(group_, DeadLetter::Status::open, 0, max_letters_checked);
    return letters && std::ranges::none_of(*letters, [&](const DeadLetter& letter) {
               return letter.record->position == position;
           });
}

RelayStatus Relay::Impl::status() const {
    RelayStatus status;
    {
        const MutexLock lock(mutex_);
        status.active = leading_;
        status.position = checkpoint_;
        status.published = published_;
        status.problem = problem_;
    }
    if (!status.active) {
        // Another process commits the checkpoint.
        if (const auto groups = store_.groups()) {
            for (const GroupPosition& each : *groups) {
                if (each.group == group_) status.position = each.position;
            }
        }
    }
    status.lag = store_.count_beyond(status.position, {}).value_or(0);
    if (status.lag == 0) return status;
    if (const auto oldest = store_.read(status.position, 1); oldest && !oldest->empty()) {
        const auto age = options_.world.now() - oldest->front()->stored_at;
        status.lag_time = std::max(std::chrono::duration_cast<std::chrono::milliseconds>(age),
                                   std::chrono::milliseconds{0});
    }
    return status;
}

void Relay::Impl::publish_loop() {
    while (true) {
        std::int64_t from = 0;
        {
            const MutexLock lock(mutex_);
            changed_.wait(mutex_, [&]() QUIPU_REQUIRES(mutex_) {
                return stopping_ || (leading_ && (has_room() || in_flight_.all_answered()));
            });
            if (stopping_) {
                publishing_ = false;
                changed_.notify_all();
                return;
            }
            if (in_flight_.any_lost()) {
                resend();
                continue;
            }
        }
        if (publish_batch()) continue;
        {
            const MutexLock lock(mutex_);
            from = cursor_;
        }
        store_.wait_beyond(from, idle_wait);
    }
}

bool Relay::Impl::has_room() const {
    return in_flight_.size() < options_.max_in_flight && in_flight_.bytes() < max_bytes_in_flight;
}

bool Relay::Impl::publish_batch() {
    std::int64_t from = 0;
    std::uint64_t term = 0;
    {
        const MutexLock lock(mutex_);
        from = cursor_;
        term = term_;
    }
    const auto batch = store_.read(from, read_batch);
    if (!batch) {
        back_off(batch.error().message);
        return true;
    }
    for (const RecordPtr& record : *batch) {
        bool to_send = false;
        std::uint64_t epoch = 0;
        {
            const MutexLock lock(mutex_);
            // Lost records go first, or the order of a key would break.
            if (stopping_ || !leading_ || term != term_ || in_flight_.any_lost()) return true;
            to_send = advance_over(record);
            epoch = epoch_;
        }
        // Should the log lose an earlier record from here on, it refuses this one.
        if (to_send) send(record, term, epoch);
    }
    if (!batch->empty()) changed_.notify_all();
    return !batch->empty();
}

bool Relay::Impl::advance_over(const RecordPtr& record) {
    const std::int64_t position = record->position;
    // A purge or an archived event leaves a gap.
    if (cursor_ + 1 < position) settled_.add(cursor_ + 1, position - 1);
    cursor_ = position;
    if (finished_above_.erase(position) > 0) return false;
    if (wire::is_ingested(*record)) {
        settled_.add(position);
        return false;
    }
    if (missing_topics_.contains(record->event_type)) {
        missing_topics_.add(record->event_type, position);
        return false;
    }
    in_flight_.add(record);
    return true;
}

void Relay::Impl::send(const RecordPtr& record, std::uint64_t term, std::uint64_t epoch) {
    log_.produce(
        wire::to_log(*record, store_.identity()),
        [self = shared_from_this(), record, term](const Result<LogPlace>& place) {
            self->acknowledged(record, term, place);
        },
        epoch);
}

void Relay::Impl::resend() {
    // Only once the log has answered for everything that was on its way.
    changed_.wait(mutex_, [&]() QUIPU_REQUIRES(mutex_) {
        return stopping_ || !leading_ || in_flight_.all_answered();
    });
    if (stopping_ || !leading_) return;
    const std::uint64_t term = term_;
    const std::vector<RecordPtr> records = in_flight_.take_for_resend();
    std::uint64_t epoch = 0;
    {
        const MutexUnlock unlocked(mutex_);
        epoch = log_.epoch();
        for (const RecordPtr& record : records) send(record, term, epoch);
    }
    epoch_ = epoch;
}

void Relay::Impl::acknowledged(const RecordPtr& record, std::uint64_t term,
                               const Result<LogPlace>& place) {
    const std::int64_t position = record->position;
    const MutexLock lock(mutex_);
    if (term != term_ || !in_flight_.contains(position)) return;
    if (!place && place.error().code == ErrorCode::unavailable) {
        in_flight_.mark_lost(position);
        problem_ = place.error().message;
        changed_.notify_all();
        return;
    }
    const bool first = !settled_.any_finished();
    const bool was_full = !has_room();
    if (place) {
        ++published_;
        settled_.add(position);
        finish_requeued(position);
    } else {
        settle_refusal(record, place.error());
    }
    in_flight_.remove(position);
    // Not after each record: nobody waits for one more among many.
    if (first || was_full || in_flight_.all_answered()) changed_.notify_all();
}

void Relay::Impl::settle_refusal(const RecordPtr& record, const Error& error) {
    problem_ = error.message;
    if (error.code == ErrorCode::not_found) {
        missing_topics_.add(record->event_type, record->position);
        return;
    }
    // The log will never take it: an operator finds it among the dead letters and may requeue it.
    const Time now = options_.world.now();
    DeadLetter letter;
    const auto entry = requeued_.find(record->position);
    if (entry != requeued_.end()) letter.id = entry->second.letter;
    letter.group = group_;
    letter.record = record;
    letter.error = error.message;
    letter.attempts = {{now, error.message}};
    letter.failed_at = now;
    settled_.add_letter(std::move(letter));
    finish_requeued(record->position);
}

void Relay::Impl::finish_requeued(std::int64_t position) {
    const auto entry = requeued_.find(position);
    if (entry == requeued_.end()) return;
    settled_.add_unparked(std::move(entry->second));
    requeued_.erase(entry);
}

void Relay::Impl::lead_loop() {
    while (true) {
        {
            const MutexLock lock(mutex_);
            changed_.wait_for(
                mutex_, lease_.held() ? commit_wait : lease_wait,
                [&]() QUIPU_REQUIRES(mutex_) { return stopping_ || !settled_.empty(); });
            if (stopping_) return;
        }
        pace_checkpoints();
        if (!lease_.held()) {
            try_to_lead();
            continue;
        }
        commit_checkpoint();
        upkeep(Clock::now());
    }
}

// Under load one checkpoint serves many records. Each costs the store a transaction, and after a
// crash a checkpoint that is behind only repeats records that groups recognise.
void Relay::Impl::pace_checkpoints() {
    const MutexLock lock(mutex_);
    changed_.wait_until(mutex_, last_checkpoint_ + checkpoint_interval,
                        [&]() QUIPU_REQUIRES(mutex_) { return stopping_ || waiting_callers_ > 0; });
    last_checkpoint_ = Clock::now();
}

void Relay::Impl::try_to_lead() {
    const auto taken = lease_.try_take(Clock::now());
    if (!taken) {
        back_off(taken.error().message);
        return;
    }
    if (!*taken) return;
    const auto position = store_.open_group(group_, true);
    if (!position) {
        lease_.release();
        back_off(position.error().message);
        return;
    }
    const std::uint64_t epoch = log_.epoch();
    const MutexLock lock(mutex_);
    ++term_;
    leading_ = true;
    epoch_ = epoch;
    cursor_ = checkpoint_ = position->position;
    finished_above_ = {position->finished_above.begin(), position->finished_above.end()};
    in_flight_.clear();
    settled_.clear();
    missing_topics_.clear();
    requeued_.clear();
    problem_.clear();
    next_upkeep_ = Clock::now();
    changed_.notify_all();
}

void Relay::Impl::step_down(const std::string& reason) {
    lease_.forget();
    {
        const MutexLock lock(mutex_);
        ++term_;
        leading_ = false;
        settled_.clear();
        changed_.notify_all();
    }
    notice("warning", "the relay has lost its lease: " + reason);
}

void Relay::Impl::commit_checkpoint() {
    Transaction transaction;
    const bool renew = lease_.should_renew(Clock::now());
    {
        const MutexLock lock(mutex_);
        if (!renew && settled_.empty()) return;
        settled_.move_to(transaction);
    }
    if (!transaction.finished_ranges.empty()) transaction.group = group_;
    lease_.guard(transaction, renew);
    const Transaction copy = transaction;
    auto stored = store_.commit(std::move(transaction));
    if (!stored && stored.error().retryable()) {
        {
            const MutexLock lock(mutex_);
            settled_.take_back(copy);
        }
        back_off(stored.error().message);
        return;
    }
    const Result<void> done = stored ? lease_.confirm(renew, Clock::now())
                                     : Result<void>(std::unexpected(std::move(stored.error())));
    if (!done) {
        step_down(done.error().message);
        return;
    }
    for (const DeadLetter& letter : copy.dead_letters) {
        notice("error", "the log refuses event " + letter.record->event_id + " of type " +
                            letter.record->event_type + "; it is now a dead letter of group " +
                            group_ + ": " + letter.error);
    }
    const MutexLock lock(mutex_);
    update_checkpoint();
    if (missing_topics_.empty() && !in_flight_.any_lost()) problem_.clear();
    changed_.notify_all();
}

void Relay::Impl::update_checkpoint() {
    std::int64_t checkpoint = cursor_;
    const auto stop_before = [&](std::int64_t position) {
        checkpoint = std::min(checkpoint, position - 1);
    };
    if (const auto first = in_flight_.first()) stop_before(*first);
    if (const auto first = settled_.first()) stop_before(*first);
    if (const auto first = missing_topics_.first()) stop_before(*first);
    checkpoint_ = std::max(checkpoint_, checkpoint);
}

void Relay::Impl::upkeep(Clock::time_point now) {
    {
        const MutexLock lock(mutex_);
        if (!leading_ || now < next_upkeep_) return;
        next_upkeep_ = now + upkeep_interval;
    }
    retry_missing_topics();
    take_requeued();
}

void Relay::Impl::retry_missing_topics() {
    std::vector<std::string> types;
    {
        const MutexLock lock(mutex_);
        types = missing_topics_.event_types();
    }
    if (types.empty()) return;
    const auto states = log_.topics(types);
    if (!states) {
        back_off(states.error().message);
        return;
    }
    for (const TopicState& state : *states) {
        if (!retry_topic(state.event_type)) return;
    }
}

bool Relay::Impl::retry_topic(const std::string& event_type) {
    std::set<std::int64_t> waiting;
    {
        const MutexLock lock(mutex_);
        waiting = missing_topics_.positions(event_type);
    }
    std::vector<RecordPtr> records;
    std::vector<std::int64_t> removed;  // from the store, by a purge or an operator
    for (const std::int64_t position : waiting) {
        if (records.size() >= options_.max_in_flight / 2) break;
        auto record = store_.at(position);
        if (!record) {
            back_off(record.error().message);
            return false;
        }
        if (*record) {
            records.push_back(std::make_shared<const Record>(std::move(**record)));
        } else {
            removed.push_back(position);
        }
    }
    // They are sent as if the log had lost them: in order, ahead of anything new.
    const MutexLock lock(mutex_);
    for (const RecordPtr& record : records) {
        missing_topics_.remove(event_type, record->position);
        in_flight_.add_as_lost(record);
    }
    for (const std::int64_t position : removed) {
        missing_topics_.remove(event_type, position);
        settled_.add(position);
    }
    changed_.notify_all();
    return true;
}

void Relay::Impl::take_requeued() {
    const auto parked = store_.parked(group_);
    if (!parked) {
        back_off(parked.error().message);
        return;
    }
    for (const Parked& entry : *parked) {
        {
            const MutexLock lock(mutex_);
            if (settled_.unparks(entry.position) || requeued_.contains(entry.position)) continue;
        }
        auto record = store_.at(entry.position);
        if (!record) {
            back_off(record.error().message);
            return;
        }
        const MutexLock lock(mutex_);
        if (!*record) {
            // Archived, and so not sent.
            Parked gone = entry;
            gone.letter = 0;
            settled_.add_unparked(std::move(gone));
            continue;
        }
        requeued_.emplace(entry.position, entry);
        in_flight_.add_as_lost(std::make_shared<const Record>(std::move(**record)));
        changed_.notify_all();
    }
}

void Relay::Impl::notice(std::string_view level, const std::string& text) const {
    if (options_.notice) options_.notice(level, text);
}

void Relay::Impl::back_off(std::string problem) {
    const MutexLock lock(mutex_);
    problem_ = std::move(problem);
    changed_.wait_for(mutex_, error_wait, [&]() QUIPU_REQUIRES(mutex_) { return stopping_; });
}

}  // namespace quipu
