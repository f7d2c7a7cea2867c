// SPDX-License-Identifier: Apache-2.0
#include "group.hpp"

#include <algorithm>
#include <utility>

#include "log_source.hpp"
#include "store_source.hpp"
#include "subscriptions.hpp"

namespace quipu {

namespace {

/// Interval between polls for what other processes have parked and requeued.
constexpr std::chrono::milliseconds refresh_interval{1000};
/// Interval between checks whether the records that hold keys are still parked.
constexpr std::chrono::seconds held_interval{5};
constexpr std::chrono::milliseconds source_pause{500};
constexpr std::chrono::milliseconds shortest_pause{100};
constexpr std::chrono::milliseconds longest_pause{2000};
constexpr std::chrono::seconds close_wait{30};
constexpr std::size_t load_page = 1000;

std::size_t thread_count(const GroupOptions& options) {
    return options.serial ? 1 : std::max<std::size_t>(1, options.parallelism);
}

}  // namespace

DeliveryRuntime::Group::Group(Store& store, const EventTypes& types, GroupBinding binding,
                              std::shared_ptr<const RuntimeOptions> options)
    : store_(store),
      types_(types),
      binding_(std::move(binding)),
      shared_options_(std::move(options)),
      options_(*shared_options_),
      name_(binding_.group),
      threads_(thread_count(binding_.options)),
      ticks_(binding_.tick != nullptr && binding_.options.tick_interval.count() > 0),
      executor_(store, types, binding_, options_, threads_,
                [this](DeliveryNotice::Level level, const Record* record, std::string text) {
                    notice(level, record, std::move(text));
                }),
      committer_(store, name_, *this),
      crashes_(store, name_, binding_.options.max_crashes),
      lag_(store, subscribed_types_),
      scheduler_(name_, {.serial = binding_.options.serial, .workers = threads_}) {
    for (const Subscription& subscription : binding_.subscriptions) {
        subscribed_types_.emplace_back(subscription.event_type);
    }
    if (options_.log != nullptr && !subscribed_types_.empty()) {
        LogSource::Options from_log;
        from_log.consumer.group = name_;
        from_log.consumer.event_types = subscribed_types_;
        from_log.consumer.from_earliest = binding_.options.start == Start::earliest;
        if (!options_.member.empty()) from_log.consumer.member = options_.member + '.' + name_;
        from_log.serial = binding_.options.serial;
        from_log.max_in_flight = binding_.options.max_in_flight;
        from_log.patience = options_.log_patience;
        SourceOwner& owner = *this;
        source_ = std::make_unique<LogSource>(store, types, *options_.log, owner,
                                              options_.world.now, std::move(from_log));
    } else {
        source_ = std::make_unique<StoreSource>(store, subscribed_types_);
    }
}

Result<void> DeliveryRuntime::Group::open() {
    auto position = store_.open_group(name_, binding_.options.start == Start::earliest);
    if (!position) return std::unexpected(std::move(position.error()));
    const auto change = store_.last_parked_change();
    if (!change) return std::unexpected(change.error());
    parked_change_ = *change;
    // What is parked comes with the partitions of a log, and so do their marks.
    if (!source_->must_be_polled()) {
        const auto unclean = crashes_.enter({std::string{}});
        if (!unclean) return std::unexpected(unclean.error());
        if (auto loaded = load_parked(nullptr); !loaded) return loaded;
        if (*unclean) begin_suspicion();
    }
    if (auto told = tell_subscriptions(*position); !told) return told;
    auto opened = source_->open(*position);
    const MutexLock lock(mutex_);
    source_state_ = source_->state();
    return opened;
}

Result<void> DeliveryRuntime::Group::tell_subscriptions(const GroupPosition& position) {
    std::string types;
    for (const std::string& type : subscribed_types_) types += (types.empty() ? "" : ", ") + type;
    notice(DeliveryNotice::Level::info, nullptr,
           types.empty() ? "subscribes to nothing" : "subscribes to " + types);
    // A log gives a group that subscribes to a topic what the topic has.
    if (source_->must_be_polled()) return {};
    const auto fresh = note_subscriptions(store_, position, subscribed_types_);
    if (!fresh) return std::unexpected(fresh.error());
    for (const NewSubscription& each : *fresh) {
        if (each.passed == 0) continue;
        notice(DeliveryNotice::Level::warning, nullptr,
               "newly subscribes to " + each.event_type + " and has passed " +
                   std::to_string(each.passed) + " stored event" + (each.passed == 1 ? "" : "s") +
                   " of it; 'groups rewind " + name_ + " --type " + each.event_type +
                   "' hands them to it");
    }
    return {};
}

void DeliveryRuntime::Group::start() {
    const MutexLock lock(mutex_);
    running_threads_ = threads_ + 1;
    next_tick_ = progressed_ = Clock::now();
    reader_ = std::thread([self = shared_from_this()] { self->read_loop(); });
    for (std::size_t worker = 0; worker < threads_; ++worker) {
        workers_.emplace_back([self = shared_from_this(), worker] { self->work_loop(worker); });
    }
}

void DeliveryRuntime::Group::request_stop() {
    const MutexLock lock(mutex_);
    stopping_ = true;
    work_.notify_all();
    room_.notify_all();
    changed_.notify_all();
}

bool DeliveryRuntime::Group::join(Clock::time_point deadline) {
    bool finished = true;
    {
        MutexLock lock(mutex_);
        finished = changed_.wait_until(mutex_, deadline, [&]() QUIPU_REQUIRES(mutex_) {
            return running_threads_ == 0 && committer_.pending() == 0;
        });
    }
    const auto end = [&](std::thread& thread) {
        if (!thread.joinable()) return;
        // A handler that does not return keeps its thread, and each thread keeps the group.
        if (finished) {
            thread.join();
        } else {
            thread.detach();
        }
    };
    end(reader_);
    for (std::thread& worker : workers_) end(worker);
    return finished;
}

bool DeliveryRuntime::Group::idle_at(std::int64_t position) const {
    const MutexLock lock(mutex_);
    return source_state_.at_end && source_state_.pending == 0 &&
           source_state_.position >= position && outstanding_.empty() && committer_.pending() == 0;
}

void DeliveryRuntime::Group::requeued(const DeadLetter& letter) {
    Parked entry{.group = name_,
                 .position = letter.record->position,
                 .key = letter.record->key,
                 .due_at = options_.world.now(),
                 .attempts = {},
                 .source = letter.source,
                 .letter = letter.id};
    const MutexLock lock(mutex_);
    if (!is_ours(entry)) return;
    scheduler_.add_parked(std::move(entry));
    wake_workers();
}

void DeliveryRuntime::Group::rewound(const std::vector<Parked>& entries) {
    const MutexLock lock(mutex_);
    for (const Parked& entry : entries) {
        if (is_ours(entry)) scheduler_.add_parked(entry);
    }
    wake_workers();
}

void DeliveryRuntime::Group::retry_now(std::int64_t position) {
    const MutexLock lock(mutex_);
    static_cast<void>(scheduler_.make_due(position, options_.world.now()));
    wake_workers();
}

void DeliveryRuntime::Group::removed(std::int64_t position) {
    const MutexLock lock(mutex_);
    static_cast<void>(scheduler_.remove_parked(position, options_.world.now()));
    wake_workers();
    changed_.notify_all();
}

GroupStatus DeliveryRuntime::Group::status() const {
    GroupStatus status;
    status.slow_handlers = executor_.slow().size();
    status.handler_time = executor_.handler_time();
    status.event_age = executor_.event_age();
    {
        const MutexLock lock(mutex_);
        status.group = name_;
        status.position = source_state_.position;
        if (!outstanding_.empty()) {
            status.position = std::min(status.position, *outstanding_.begin() - 1);
        }
        status.in_flight = outstanding_.size();
        status.parked = scheduler_.parked();
        status.held_keys = scheduler_.held_keys();
        status.held_since = scheduler_.oldest_hold();
        status.handled = handled_;
        status.failed = failed_;
        status.dead_lettered = letters_;
        status.conflicts = conflicts_;
        status.problem = problem_;
        const auto since = failing_since_ ? std::min(*failing_since_, progressed_) : progressed_;
        status.source_failing = failing_since_.has_value();
        if (!outstanding_.empty() || failing_since_) {
            status.since_progress =
                std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - since);
        }
    }
    status.lag = lag_.count(status.position);
    return status;
}

// ---- The reader thread.

void DeliveryRuntime::Group::read_loop() {
    while (true) {
        const std::size_t room = wait_for_room();
        {
            const MutexLock lock(mutex_);
            if (stopping_) break;
        }
        accept(source_->next(room));
        keep_house();
    }
    end_reading();
}

std::size_t DeliveryRuntime::Group::wait_for_room() {
    MutexLock lock(mutex_);
    const std::size_t most = binding_.options.max_in_flight;
    if (!source_->must_be_polled()) {
        room_.wait_for(mutex_, refresh_interval, [&]() QUIPU_REQUIRES(mutex_) {
            return stopping_ || outstanding_.size() < most;
        });
    }
    return most - std::min(most, outstanding_.size());
}

void DeliveryRuntime::Group::accept(SourceYield yield) {
    committer_.pass_over(yield.nothing);
    const Time now = options_.world.now();
    std::vector<Parked> behind;
    {
        const MutexLock lock(mutex_);
        for (Incoming& incoming : yield.records) {
            if (outstanding_.empty()) progressed_ = Clock::now();
            outstanding_.insert(incoming.record->position);
            Task task{.record = std::move(incoming.record), .source = std::move(incoming.source)};
            if (!incoming.refusal.empty()) {
                task.verdict = {HandlerFailure::Kind::undecodable, std::move(incoming.refusal)};
            }
            if (auto entry = scheduler_.add(std::move(task), now)) {
                behind.push_back(std::move(*entry));
            }
        }
        source_state_ = source_->state();
        if (!yield.problem) {
            failing_since_.reset();
        } else if (!failing_since_) {
            failing_since_ = Clock::now();
        }
        const auto due = scheduler_.next_due();
        if (scheduler_.suspicious() && outstanding_.empty() && !(due && *due <= now) &&
            source_state_.position >= suspect_up_to_) {
            scheduler_.suspect(0);
        }
        if (!yield.records.empty()) wake_workers();
    }
    if (!behind.empty()) committer_.park(std::move(behind), shared_from_this());
    if (yield.problem) back_off(*yield.problem);
}

void DeliveryRuntime::Group::keep_house() {
    committer_.flush(false, shared_from_this());
    bool paused = false;
    {
        const MutexLock lock(mutex_);
        paused = Clock::now() < paused_until_;
    }
    if (!paused) committer_.retry_parking(shared_from_this());
    refresh_parked();
    for (const SlowHandler& slow : executor_.take_slow()) {
        if (!options_.notice) break;
        options_.notice({DeliveryNotice::Level::warning, name_, slow.event_id, slow.event_type,
                         "its handler has been running for " +
                             std::to_string(slow.running.count() / 1000) + " s"});
    }
}

void DeliveryRuntime::Group::end_reading() {
    committer_.flush(true, shared_from_this());
    bool clean = false;
    {
        // Offsets in a log may only cover what the store has committed.
        MutexLock lock(mutex_);
        clean = changed_.wait_for(mutex_, close_wait, [&]() QUIPU_REQUIRES(mutex_) {
            return running_threads_ == 1 && committer_.pending() == 0;
        });
    }
    source_->close();
    // Without the mark's end, the next start only takes more care than it needs to.
    if (clean && !source_->must_be_polled()) {
        static_cast<void>(crashes_.leave({std::string{}}));
    }
    const MutexLock lock(mutex_);
    --running_threads_;
    changed_.notify_all();
}

void DeliveryRuntime::Group::back_off(const Error& error) {
    MutexLock lock(mutex_);
    problem_ = error.message;
    room_.wait_for(mutex_, source_pause, [&]() QUIPU_REQUIRES(mutex_) { return stopping_; });
}

bool DeliveryRuntime::Group::is_ours(const Parked& entry) const {
    // Where the group's members share a log, the one that has the partition takes it.
    return !source_->must_be_polled() || entry.source.empty() || sources_.contains(entry.source);
}

Result<void> DeliveryRuntime::Group::load_parked(const std::set<std::string>* sources) {
    for (std::int64_t after = 0;;) {
        auto page = store_.parked(name_, after, load_page);
        if (!page) return std::unexpected(std::move(page.error()));
        const bool last = page->size() < load_page;
        const MutexLock lock(mutex_);
        for (Parked& entry : *page) {
            after = entry.position;
            const bool wanted =
                sources == nullptr || entry.source.empty() || sources->contains(entry.source);
            if (wanted) scheduler_.add_parked(std::move(entry));
        }
        if (last) return {};
    }
}

void DeliveryRuntime::Group::refresh_parked() {
    const auto now = Clock::now();
    if (now < next_refresh_) return;
    const std::uint64_t answered = committer_.parking_answered();
    // What was read before one of this group's own commits would bring back what that settled.
    const auto undisturbed = [&] {
        return committer_.pending_parking() == 0 && committer_.parking_answered() == answered;
    };
    if (!undisturbed()) return;
    auto changes = store_.parked_changes(name_, parked_change_);
    if (!changes) {
        next_refresh_ = now + refresh_interval;
        return;
    }
    std::vector<std::int64_t> held;
    {
        const MutexLock lock(mutex_);
        if (!undisturbed()) return;
        for (Parked& entry : changes->entries) {
            if (is_ours(entry)) scheduler_.add_parked(std::move(entry));
        }
        if (!changes->entries.empty()) wake_workers();
        if (parked_change_ > 0 && now >= next_check_of_held_) held = scheduler_.held_positions();
    }
    parked_change_ = changes->next;
    if (!changes->more) next_refresh_ = now + refresh_interval;
    if (held.empty()) return;
    next_check_of_held_ = now + held_interval;
    const auto still = store_.still_parked(name_, held);
    if (!still) return;
    const std::set<std::int64_t> left(still->begin(), still->end());
    const MutexLock lock(mutex_);
    for (const std::int64_t position : held) {
        if (left.contains(position)) continue;
        static_cast<void>(scheduler_.remove_parked(position, options_.world.now()));
    }
    wake_workers();
    changed_.notify_all();
}

void DeliveryRuntime::Group::begin_suspicion() {
    const std::int64_t last = store_.last_position();
    notice(DeliveryNotice::Level::warning, nullptr,
           "the process that ran this group before did not stop cleanly; the records that may have "
           "been in flight are handled one by one");
    const MutexLock lock(mutex_);
    suspect_up_to_ = last;
    scheduler_.suspect(binding_.options.max_in_flight + threads_ * binding_.options.max_batch);
}

// ---- The reader thread, called by its source.

void DeliveryRuntime::Group::sources_gained(const std::set<std::string>& sources) {
    {
        const MutexLock lock(mutex_);
        sources_.insert(sources.begin(), sources.end());
    }
    // Nothing of the partitions may be handled before it is known what is parked of them.
    while (true) {
        const auto unclean = crashes_.enter(sources);
        const auto loaded = unclean ? load_parked(&sources) : Result<void>{};
        if (unclean && loaded) {
            if (*unclean) begin_suspicion();
            break;
        }
        back_off(unclean ? loaded.error() : unclean.error());
        const MutexLock lock(mutex_);
        if (stopping_) break;
    }
    const MutexLock lock(mutex_);
    wake_workers();
}

std::vector<std::int64_t> DeliveryRuntime::Group::take_back(
    const std::set<std::int64_t>& positions) {
    const MutexLock lock(mutex_);
    std::vector<std::int64_t> taken = scheduler_.take_back(positions);
    for (const std::int64_t position : taken) outstanding_.erase(position);
    return taken;
}

void DeliveryRuntime::Group::sources_lost(const std::set<std::string>& sources,
                                          const std::set<std::int64_t>& positions, bool lost,
                                          Clock::time_point until) {
    bool settled = false;
    {
        MutexLock lock(mutex_);
        for (const std::string& source : sources) sources_.erase(source);
        settled = changed_.wait_until(mutex_, until, [&]() QUIPU_REQUIRES(mutex_) {
            const bool over = stopping_ && running_threads_ == 1 && committer_.pending() == 0;
            return over || std::ranges::none_of(positions,
                                                [&](std::int64_t position) QUIPU_REQUIRES(mutex_) {
                                                    return outstanding_.contains(position);
                                                });
        });
        const bool forgotten = changed_.wait_until(mutex_, until, [&]() QUIPU_REQUIRES(mutex_) {
            return scheduler_.remove_parked_if(
                [&](const Parked& entry) { return sources.contains(entry.source); });
        });
        settled = settled && forgotten;
    }
    if (settled && !lost) static_cast<void>(crashes_.leave(sources));
}

void DeliveryRuntime::Group::source_notice(std::string text) {
    notice(DeliveryNotice::Level::warning, nullptr, std::move(text));
}

// ---- The worker threads.

void DeliveryRuntime::Group::work_loop(std::size_t worker) {
    const MutexLock lock(mutex_);
    while (!stopping_) {
        if (Clock::now() >= paused_until_ && work_once(worker)) continue;
        work_.wait_until(mutex_, next_wakeup());
    }
    --running_threads_;
    changed_.notify_all();
}

DeliveryRuntime::Group::Clock::time_point DeliveryRuntime::Group::next_wakeup() const {
    auto until = Clock::now() + std::chrono::seconds{1};
    if (Clock::now() < paused_until_) return std::min(until, paused_until_);
    if (ticks_ && !tick_running_) until = std::min(until, next_tick_);
    // While something is handled alone, its end is what is waited for.
    const auto due = scheduler_.next_due();
    if (due && !(scheduler_.suspicious() && scheduler_.out() > 0)) {
        const auto wait = std::max(*due - options_.world.now(), std::chrono::microseconds{0});
        if (wait < std::chrono::seconds{1}) until = std::min(until, Clock::now() + wait);
    }
    return until;
}

bool DeliveryRuntime::Group::work_once(std::size_t worker) {
    if (ticks_ && !tick_running_ && Clock::now() >= next_tick_) {
        tick_running_ = true;
        {
            const MutexUnlock unlocked(mutex_);
            run_tick();
        }
        tick_running_ = false;
        next_tick_ = Clock::now() + binding_.options.tick_interval;
        return true;
    }
    if (const auto load = scheduler_.next_load()) {
        const MutexUnlock unlocked(mutex_);
        load_lane(*load);
        return true;
    }
    const bool alone = scheduler_.suspicious();
    std::vector<Task> tasks = scheduler_.take(binding_.options.max_batch, options_.world.now());
    if (tasks.empty()) return false;
    const MutexUnlock unlocked(mutex_);
    run(worker, std::move(tasks), alone);
    return true;
}

void DeliveryRuntime::Group::load_lane(const Scheduler::Load& load) {
    const std::uint64_t answered = committer_.parking_answered();
    const bool quiet = committer_.pending_parking() == 0;
    auto entries =
        store_.parked_of_key(name_, load.key, load.after, Scheduler::default_lane_memory);
    const MutexLock lock(mutex_);
    if (!entries) {
        scheduler_.not_loaded(load);
        pause_for(entries.error());
        return;
    }
    const bool complete = quiet && committer_.parking_answered() == answered &&
                          entries->size() < Scheduler::default_lane_memory;
    const std::int64_t through = entries->empty() ? load.after : entries->back().position;
    std::erase_if(*entries,
                  [&](const Parked& entry) QUIPU_REQUIRES(mutex_) { return !is_ours(entry); });
    scheduler_.loaded(load, std::move(*entries), through, complete, options_.world.now());
    // The commits that were under way may all have been answered meanwhile: nobody else will come.
    if (!complete && committer_.pending_parking() == 0) scheduler_.resume_loads();
    wake_workers();
    changed_.notify_all();
}

void DeliveryRuntime::Group::run(std::size_t worker, std::vector<Task> tasks, bool alone) {
    std::vector<DocumentChange> changes;
    if (alone) {
        Task& task = tasks.front();
        auto verdict = crashes_.begin(task);
        if (!verdict) {
            const MutexLock lock(mutex_);
            pause_for(verdict.error());
            return_tasks(std::move(tasks));
            return;
        }
        if (*verdict) task.verdict = std::move(*verdict);
        changes = crashes_.end(task);
    }
    Unit unit = executor_.run(worker, std::move(tasks),
                              [this](const Task& task) { return is_settled(task); });
    // What was not handled is given to whoever is free, at once.
    std::vector<Task> rest;
    std::erase_if(unit.outcomes, [&](Outcome& outcome) {
        if (outcome.what != Outcome::What::returned) return false;
        rest.push_back(std::move(outcome.task));
        return true;
    });
    if (!rest.empty() || unit.problem) {
        const MutexLock lock(mutex_);
        if (unit.problem) pause_for(*unit.problem);
        return_tasks(std::move(rest));
    }
    if (unit.outcomes.empty()) return;
    // A single thread for all keys must see what it wrote before it reads documents again.
    committer_.commit(std::move(unit), std::move(changes), shared_from_this(),
                      binding_.options.serial);
}

bool DeliveryRuntime::Group::is_settled(const Task& task) {
    if (!task.retry) return source_->finished_elsewhere(task.position());
    const auto parked = store_.still_parked(name_, {task.position()});
    return parked && parked->empty();
}

void DeliveryRuntime::Group::return_tasks(std::vector<Task> tasks) {
    std::vector<Settled> settled;
    settled.reserve(tasks.size());
    for (Task& task : tasks) settled.push_back({std::move(task), Settled::What::returned});
    auto behind = scheduler_.settle(std::move(settled), options_.world.now());
    wake_workers();
    changed_.notify_all();
    if (behind.empty()) return;
    const MutexUnlock unlocked(mutex_);
    committer_.park(std::move(behind), shared_from_this());
}

void DeliveryRuntime::Group::wake_workers() {
    // A due time or a load may concern any of them: each has computed until when it sleeps.
    if (scheduler_.next_due() || scheduler_.has_load() || scheduler_.ready() >= threads_) {
        work_.notify_all();
        return;
    }
    for (std::size_t i = 0; i < scheduler_.ready(); ++i) work_.notify_one();
}

void DeliveryRuntime::Group::run_tick() {
    Effects effects(store_, types_, options_.producer, options_.world.now());
    if (auto error = executor_.tick(effects)) {
        {
            const MutexLock lock(mutex_);
            ++failed_;
        }
        notice(DeliveryNotice::Level::warning, nullptr,
               "tick failed and will be retried: " + *error);
        return;
    }
    Transaction transaction = effects.take();
    if (transaction.appends.empty() && transaction.documents.empty()) return;
    // A conflict means that another handler was faster; the next tick sees its result.
    auto done = store_.commit(std::move(transaction));
    if (!done && done.error().code != ErrorCode::conflict) {
        const MutexLock lock(mutex_);
        pause_for(done.error());
    }
}

// ---- The store's answers.

void DeliveryRuntime::Group::committed(std::vector<Settled> tasks, const Tally& tally) {
    std::vector<Parked> behind;
    {
        const MutexLock lock(mutex_);
        for (const Settled& settled : tasks) {
            if (!settled.task.retry) finish(settled.task.position());
        }
        handled_ += tally.handled;
        failed_ += tally.failed;
        letters_ += tally.letters;
        behind = scheduler_.settle(std::move(tasks), options_.world.now());
        note_progress();
        wake_workers();
        room_.notify_one();
        changed_.notify_all();
    }
    if (!behind.empty()) committer_.park(std::move(behind), shared_from_this());
}

void DeliveryRuntime::Group::refused(std::vector<Task> tasks, const Error& error) {
    const MutexLock lock(mutex_);
    if (error.retryable()) {
        pause_for(error);
    } else {
        if (error.code == ErrorCode::conflict) ++conflicts_;
        // One of several cannot be committed: handled alone, each shows whether it is the one.
        scheduler_.isolate(tasks.size());
        if (tasks.size() == 1) {
            Task& task = tasks.front();
            ++task.conflicts;
            if (error.code != ErrorCode::conflict || task.conflicts >= options_.max_conflicts) {
                task.verdict = {HandlerFailure::Kind::unstorable,
                                "its effects could not be stored: " + error.message};
            }
        }
    }
    return_tasks(std::move(tasks));
}

void DeliveryRuntime::Group::parked(const std::vector<std::int64_t>& positions) {
    const MutexLock lock(mutex_);
    for (const std::int64_t position : positions) finish(position);
    note_progress();
    wake_workers();
    room_.notify_one();
    changed_.notify_all();
}

void DeliveryRuntime::Group::parking_refused(const Error& error) {
    const MutexLock lock(mutex_);
    pause_for(error);
}

void DeliveryRuntime::Group::answered() {
    const MutexLock lock(mutex_);
    // Only now can a load be sure that no commit was under way.
    scheduler_.resume_loads();
    if (scheduler_.has_load()) wake_workers();
    changed_.notify_all();
}

void DeliveryRuntime::Group::finish(std::int64_t position) {
    outstanding_.erase(position);
    source_->finished(position);
}

void DeliveryRuntime::Group::note_progress() {
    progressed_ = Clock::now();
    pauses_ = 0;
    problem_.clear();
}

void DeliveryRuntime::Group::pause_for(const Error& error) {
    problem_ = error.message;
    const auto now = Clock::now();
    if (now < paused_until_) return;  // others have noticed it, too
    paused_until_ = now + std::min(longest_pause, shortest_pause * (1 << std::min(pauses_, 5)));
    ++pauses_;
}

void DeliveryRuntime::Group::notice(DeliveryNotice::Level level, const Record* record,
                                    std::string text) const {
    if (!options_.notice) return;
    options_.notice({level, name_, record != nullptr ? record->event_id : std::string{},
                     record != nullptr ? record->event_type : std::string{}, std::move(text)});
}

}  // namespace quipu
