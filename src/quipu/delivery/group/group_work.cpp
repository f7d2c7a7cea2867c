// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <exception>
#include <unordered_set>

#include "group.hpp"

namespace quipu {

namespace {

// A unit that has taken this long commits what it has: slow handlers must not delay the commits of
// others that happen to share their unit.
constexpr std::chrono::milliseconds unit_time{5};

}  // namespace

void DeliveryRuntime::Group::work_loop() {
    const MutexLock lock(mutex_);
    while (!stopping_) {
        if (Clock::now() >= paused_until_ && work_once()) continue;
        auto until = Clock::now() + std::chrono::seconds{1};
        if (Clock::now() < paused_until_) until = std::min(until, paused_until_);
        if (ticks_ && !tick_running_) until = std::min(until, next_tick_);
        if (const auto due = lanes_.next_due()) {
            const auto wait = std::max(*due - options_.world.now(), std::chrono::microseconds{0});
            until = std::min(until, Clock::now() + wait);
        }
        changed_.wait_until(mutex_, until);
    }
    --running_threads_;
    changed_.notify_all();
}

bool DeliveryRuntime::Group::work_once() {
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
    if (Lane* lane = lanes_.take_due(options_.world.now())) {
        const MutexUnlock unlocked(mutex_);
        run_retry(*lane);
        return true;
    }
    if (!lanes_.has_ready()) return false;
    const std::size_t share = std::max<std::size_t>(1, lanes_.ready() / threads_);
    std::size_t limit = binding_.options.serial || threads_ == 1
                            ? binding_.options.max_batch
                            : std::min(binding_.options.max_batch, share);
    if (isolate_ > 0) {
        limit = 1;
        --isolate_;
    }
    std::vector<Item> items = lanes_.take(limit, binding_.options.serial);
    const MutexUnlock unlocked(mutex_);
    run_items(std::move(items));
    return true;
}

std::optional<DeliveryRuntime::Group::HandlerFailure> DeliveryRuntime::Group::call(
    Effects& effects, const Record& record, int attempt) {
    const Subscription& subscription = *subscriptions_.at(record.event_type);
    const auto savepoint = effects.savepoint();
    std::optional<HandlerFailure> failure;
    try {
        effects.set_cause(&record, nullptr);
        subscription.invoke(binding_.handler, effects, Delivery{record, name_, attempt});
    } catch (const Undecodable& error) {
        failure = HandlerFailure{"cannot be decoded: " + std::string(error.what()), true};
    } catch (const Reject& error) {
        failure = HandlerFailure{error.what(), true};
    } catch (const EffectError& error) {
        failure = HandlerFailure{error.what(), false, error.error().retryable()};
    } catch (const std::exception& error) {
        failure = HandlerFailure{error.what(), false};
    } catch (...) {
        failure = HandlerFailure{"the handler threw something that is not a std::exception", false};
    }
    effects.set_cause(nullptr, nullptr);
    if (failure) effects.rollback(savepoint);
    return failure;
}

std::optional<DeliveryRuntime::Group::HandlerFailure> DeliveryRuntime::Group::handle(
    Effects& effects, const Record& record, int attempt) {
    if (auto refusal = take_refusal(record.position)) return refusal;
    return call(effects, record, attempt);
}

Time DeliveryRuntime::Group::retry_at(const RetryPolicy& policy, std::size_t attempts) {
    double random = 0.5;
    {
        const MutexLock lock(random_mutex_);
        random = random_();
    }
    return options_.world.now() + retry_delay(policy, static_cast<int>(attempts) - 1, random);
}

void DeliveryRuntime::Group::settle_failure(Unit& unit, const RecordPtr& record,
                                            HandlerFailure failure, std::vector<Attempt> attempts,
                                            std::string source) {
    const EventInfo* info = types_.find(record->event_type);
    const RetryPolicy policy = info != nullptr ? info->retry : RetryPolicy{};
    ++unit.failures;
    attempts.push_back({options_.world.now(), failure.error});
    const bool exhausted = attempts.size() > static_cast<std::size_t>(policy.max_retries);
    if (failure.permanent || exhausted) {
        ++unit.letters;
        notice(DeliveryNotice::Level::error, record.get(),
               "dead letter after " + std::to_string(attempts.size()) +
                   (attempts.size() == 1 ? " attempt: " : " attempts: ") + failure.error);
        unit.transaction.dead_letters.push_back({0,
                                                 name_,
                                                 original(record),
                                                 std::move(failure.error),
                                                 std::move(attempts),
                                                 options_.world.now(),
                                                 DeadLetter::Status::open,
                                                 {},
                                                 std::move(source)});
        return;
    }
    notice(DeliveryNotice::Level::warning, record.get(),
           "attempt " + std::to_string(attempts.size()) +
               " failed and will be retried: " + failure.error);
    const Time due = retry_at(policy, attempts.size());
    unit.newly_parked.push_back(
        {name_, record->position, record->key, due, std::move(attempts), std::move(source)});
    unit.transaction.park.push_back(unit.newly_parked.back());
}

void DeliveryRuntime::Group::run_items(std::vector<Item> items) {
    Unit unit;
    Effects effects(store_, types_, options_.producer, options_.world.now());
    std::unordered_set<const Lane*> blocked_lanes;
    const auto began = Clock::now();
    std::size_t done = 0;
    std::vector<std::int64_t> finished;
    for (; done < items.size(); ++done) {
        const Item& item = items[done];
        if (done > 0 && Clock::now() - began > unit_time && !blocked_lanes.contains(item.lane))
            break;
        if (finished_elsewhere(item.record->position)) continue;
        finished.push_back(item.record->position);
        if (blocked_lanes.contains(item.lane)) {
            unit.newly_parked.push_back(parked_behind(*item.record));
            unit.transaction.park.push_back(unit.newly_parked.back());
            continue;
        }
        if (auto failure = handle(effects, *item.record, 1)) {
            if (failure->store_unavailable) {
                finished.pop_back();
                const MutexLock lock(mutex_);
                pause_for({ErrorCode::unavailable, std::move(failure->error)});
                break;
            }
            const std::size_t parked_before = unit.newly_parked.size();
            settle_failure(unit, item.record, std::move(*failure), {},
                           places_.source(item.record->position));
            if (unit.newly_parked.size() > parked_before) blocked_lanes.insert(item.lane);
        }
    }
    // What is left of a blocked lane is parked behind its first record; the rest is taken again
    // later.
    std::vector<Item> rest;
    for (std::size_t index = done; index < items.size(); ++index) {
        const Item& item = items[index];
        if (!blocked_lanes.contains(item.lane)) {
            rest.push_back(item);
            continue;
        }
        finished.push_back(item.record->position);
        unit.newly_parked.push_back(parked_behind(*item.record));
        unit.transaction.park.push_back(unit.newly_parked.back());
        unit.items.push_back(item);
    }
    unit.items.insert(unit.items.begin(), items.begin(),
                      items.begin() + static_cast<std::ptrdiff_t>(done));
    if (unit.items.empty()) {
        const MutexLock lock(mutex_);
        return lanes_.give_back(rest);
    }
    Transaction own = effects.take();
    own.park = std::move(unit.transaction.park);
    own.dead_letters = std::move(unit.transaction.dead_letters);
    own.group = name_;
    own.finished = std::move(finished);
    unit.transaction = std::move(own);
    {
        const MutexLock lock(mutex_);
        lanes_.give_back(rest);
        unit.transaction.finished_ranges = std::exchange(skipped_, {});
    }
    // A single thread for all keys must see what it wrote before it reads documents again.
    commit_items(std::move(unit), binding_.options.serial);
}

void DeliveryRuntime::Group::run_retry(Lane& lane) {
    // The lane is marked busy, so its first parked record stays the first until `retried`.
    Parked parked;
    {
        const MutexLock lock(mutex_);
        parked = lane.parked.front();
    }
    auto record = store_.at(parked.position);
    if (!record) {
        const MutexLock lock(mutex_);
        pause_for(record.error());
        lanes_.retried(lane, false, options_.world.now());
        return;
    }
    Unit unit;
    if (!*record || !still_parked(parked.position)) {
        std::vector<Parked> behind;
        {
            const MutexLock lock(mutex_);
            if (lane.parked.size() > 1) behind = park_waiting(lane);
            lanes_.retried(lane, true, options_.world.now());
            changed_.notify_all();
        }
        for (Parked& each : behind) submit_park_behind(std::move(each));
        return;
    }
    const auto shared = std::make_shared<const Record>(std::move(**record));
    Effects effects(store_, types_, options_.producer, options_.world.now());
    const int attempt = static_cast<int>(parked.attempts.size()) + 1;
    std::optional<HandlerFailure> failure;
    if (subscriptions_.contains(shared->event_type)) failure = handle(effects, *shared, attempt);
    if (failure && failure->store_unavailable) {
        const MutexLock lock(mutex_);
        pause_for({ErrorCode::unavailable, std::move(failure->error)});
        lanes_.retried(lane, false, options_.world.now());
        return;
    }
    if (failure) {
        settle_failure(unit, shared, std::move(*failure), parked.attempts, parked.source);
    }
    const bool removed = unit.newly_parked.empty();
    Transaction own = effects.take();
    own.group = name_;
    own.park = std::move(unit.transaction.park);
    own.dead_letters = std::move(unit.transaction.dead_letters);
    // Failed or not: another process may have settled it meanwhile, and this one is then too late.
    own.unpark.push_back(parked);
    unit.transaction = std::move(own);
    commit_retry(lane, std::move(unit), parked.position, removed, binding_.options.serial);
}

bool DeliveryRuntime::Group::still_parked(std::int64_t position) {
    {
        const MutexLock lock(mutex_);
        if (!conflicts_of_.contains(position)) return true;  // no reason to ask
    }
    const auto parked = store_.parked(name_);
    return !parked || std::any_of(parked->begin(), parked->end(),
                                  [&](const Parked& entry) { return entry.position == position; });
}

void DeliveryRuntime::Group::run_tick() {
    Effects effects(store_, types_, options_.producer, options_.world.now());
    const auto failed = [this](const std::string& why) {
        {
            const MutexLock lock(mutex_);
            ++failed_;
        }
        notice(DeliveryNotice::Level::warning, nullptr, "tick failed and will be retried: " + why);
    };
    try {
        binding_.tick(binding_.handler, effects);
    } catch (const std::exception& error) {
        failed(error.what());
        return;
    } catch (...) {
        failed("it threw something that is not a std::exception");
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

}  // namespace quipu
