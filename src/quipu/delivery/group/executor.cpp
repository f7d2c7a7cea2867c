// SPDX-License-Identifier: Apache-2.0
#include "executor.hpp"

#include <array>
#include <exception>
#include <random>
#include <unordered_set>
#include <utility>

namespace quipu {

namespace {

// A unit that has taken this long commits what it has: slow handlers must not delay the commits of
// others that happen to share their unit.
constexpr std::chrono::milliseconds unit_time{5};

constexpr std::array handler_bounds{0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05,
                                    0.1,    0.5,    1.0,   5.0,   10.0, 60.0};
constexpr std::array age_bounds{0.001, 0.005, 0.01, 0.05, 0.1,   0.5,
                                1.0,   5.0,   10.0, 60.0, 600.0, 3600.0};

std::function<double()> seeded_random() {
    return [engine = std::mt19937_64{std::random_device{}()}]() mutable {
        return std::uniform_real_distribution<double>{0.0, 1.0}(engine);
    };
}

}  // namespace

Executor::Executor(Store& store, const EventTypes& types, const GroupBinding& binding,
                   const RuntimeOptions& options, std::size_t workers,
                   std::function<void(DeliveryNotice::Level, const Record*, std::string)> notice)
    : store_(store),
      types_(types),
      binding_(binding),
      options_(options),
      notice_(std::move(notice)),
      handler_time_(handler_bounds),
      event_age_(age_bounds),
      random_(options.world.random ? options.world.random : seeded_random()) {
    for (std::size_t worker = 0; worker < workers; ++worker) {
        running_.push_back(std::make_unique<Running>());
    }
    for (const Subscription& subscription : binding_.subscriptions) {
        subscriptions_.emplace(subscription.event_type, &subscription);
    }
}

Unit Executor::run(std::size_t worker, std::vector<Task> tasks,
                   const std::function<bool(const Task&)>& is_settled) {
    Unit unit;
    unit.outcomes.reserve(tasks.size());
    Effects effects(store_, types_, options_.producer, options_.world.now());
    std::unordered_set<const Lane*> blocked;
    const auto began = Clock::now();
    bool over = false;
    for (Task& task : tasks) {
        Outcome& outcome = unit.outcomes.emplace_back();
        outcome.task = std::move(task);
        if (blocked.contains(outcome.task.lane)) {
            outcome.what = Outcome::What::behind;
            outcome.at = options_.world.now();
            continue;
        }
        over = over || (unit.outcomes.size() > 1 && Clock::now() - began > unit_time);
        if (over) continue;
        const auto prepared = prepare(outcome.task, is_settled);
        if (!prepared) {
            unit.problem = prepared.error();
            over = true;
            continue;
        }
        outcome.what = *prepared;
        if (outcome.what == Outcome::What::settled) continue;
        auto failure = call(*running_[worker], effects, outcome.task, unit.problem);
        if (unit.problem) {
            outcome.what = Outcome::What::returned;
            over = true;
        } else if (failure) {
            fail(outcome, std::move(*failure));
            if (outcome.disposition.what != Disposition::What::release) {
                blocked.insert(outcome.task.lane);
            }
        }
    }
    unit.effects = effects.take();
    return unit;
}

Result<Outcome::What> Executor::prepare(Task& task,
                                        const std::function<bool(const Task&)>& is_settled) {
    if (task.conflicts > 0 && is_settled(task)) return Outcome::What::settled;
    if (task.record == nullptr) {
        auto stored = store_.at(task.position());
        if (!stored) return std::unexpected(std::move(stored.error()));
        if (!*stored) return Outcome::What::settled;
        task.record = std::make_shared<const Record>(std::move(**stored));
    }
    return Outcome::What::handled;
}

std::optional<HandlerFailure> Executor::call(Running& running, Effects& effects, const Task& task,
                                             std::optional<Error>& problem) {
    if (task.verdict) return task.verdict;
    // Parked by an earlier version of the program, which subscribed to this type.
    if (!subscriptions_.contains(task.record->event_type)) return std::nullopt;
    const auto began = Clock::now();
    {
        const MutexLock lock(running.mutex);
        running.record = task.record;
        running.since = began;
        running.reported = false;
    }
    auto failure = invoke(effects, task, problem);
    if (!problem) note_time(task, began, !failure);
    const MutexLock lock(running.mutex);
    running.record.reset();
    return failure;
}

void Executor::note_time(const Task& task, Clock::time_point began, bool handled) {
    using Seconds = std::chrono::duration<double>;
    const Seconds took = Clock::now() - began;
    handler_time_.add(took.count());
    if (!handled) return;  // the failure is told in any case
    event_age_.add(Seconds(options_.world.now() - task.record->timestamp).count());
    if (!options_.debug) return;
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    notice_(DeliveryNotice::Level::debug, task.record.get(),
            "handled in " + std::to_string(microseconds) + " us, attempt " +
                std::to_string(task.failed_attempts() + 1));
}

std::optional<HandlerFailure> Executor::invoke(Effects& effects, const Task& task,
                                               std::optional<Error>& problem) {
    using FailureKind = HandlerFailure::Kind;
    const Subscription& subscription = *subscriptions_.at(task.record->event_type);
    const int attempt = static_cast<int>(task.failed_attempts()) + 1;
    const auto savepoint = effects.savepoint();
    std::optional<HandlerFailure> failure;
    try {
        effects.set_cause(task.record.get(), nullptr);
        subscription.invoke(binding_.handler, effects,
                            Delivery{*task.record, binding_.group, attempt});
    } catch (const Undecodable& error) {
        failure = {FailureKind::undecodable, "cannot be decoded: " + std::string(error.what())};
    } catch (const Reject& error) {
        failure = {FailureKind::rejected, error.what()};
    } catch (const EffectError& error) {
        failure = {FailureKind::failed, error.what()};
        if (error.error().retryable()) problem = error.error();
    } catch (const std::exception& error) {
        failure = {FailureKind::failed, error.what()};
    } catch (...) {
        failure = {FailureKind::failed, "the handler threw something that is not a std::exception"};
    }
    effects.set_cause(nullptr, nullptr);
    if (failure) effects.rollback(savepoint);
    return failure;
}

void Executor::fail(Outcome& outcome, HandlerFailure failure) {
    const Record& record = *outcome.task.record;
    const EventInfo* info = types_.find(record.event_type);
    const std::size_t attempts = outcome.task.failed_attempts() + 1;
    outcome.what = Outcome::What::failed;
    outcome.at = options_.world.now();
    outcome.disposition =
        dispose(failure, record, attempts, info != nullptr ? info->retry : RetryPolicy{},
                binding_.options, outcome.at, random());
    const std::string times = std::to_string(attempts) + (attempts == 1 ? " attempt" : " attempts");
    switch (outcome.disposition.what) {
        case Disposition::What::retry:
            notice_(DeliveryNotice::Level::warning, &record,
                    "attempt " + std::to_string(attempts) +
                        " failed and will be retried: " + failure.error);
            break;
        case Disposition::What::hold:
            notice_(DeliveryNotice::Level::error, &record,
                    "dead letter after " + times +
                        "; later records of its key wait until it is requeued or discarded: " +
                        failure.error);
            break;
        case Disposition::What::release:
            notice_(DeliveryNotice::Level::error, &record,
                    "dead letter after " + times + ": " + failure.error);
            break;
    }
    if (outcome.disposition.what != Disposition::What::retry) {
        outcome.task.record = original(outcome.task.record);
    }
    outcome.failure = std::move(failure);
}

RecordPtr Executor::original(const RecordPtr& record) {
    if (options_.log == nullptr) return record;
    auto stored = store_.at(record->position);
    if (!stored || !*stored) return record;
    return std::make_shared<const Record>(std::move(**stored));
}

double Executor::random() {
    const MutexLock lock(random_mutex_);
    return random_();
}

std::optional<std::string> Executor::tick(Effects& effects) {
    try {
        binding_.tick(binding_.handler, effects);
        return std::nullopt;
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "it threw something that is not a std::exception";
    }
}

std::vector<SlowHandler> Executor::find_slow(bool once) const {
    const auto now = Clock::now();
    std::vector<SlowHandler> found;
    for (const auto& running : running_) {
        const MutexLock lock(running->mutex);
        const auto time = now - running->since;
        if (running->record == nullptr || time < binding_.options.handler_timeout) continue;
        if (once && std::exchange(running->reported, true)) continue;
        found.push_back({running->record->event_id, running->record->event_type,
                         std::chrono::duration_cast<std::chrono::milliseconds>(time)});
    }
    return found;
}

std::vector<SlowHandler> Executor::take_slow() {
    return find_slow(true);
}

std::vector<SlowHandler> Executor::slow() const {
    return find_slow(false);
}

}  // namespace quipu
