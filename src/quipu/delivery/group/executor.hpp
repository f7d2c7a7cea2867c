// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "failure.hpp"
#include "histogram.hpp"
#include "quipu/base/mutex.hpp"
#include "quipu/delivery/runtime.hpp"
#include "scheduler.hpp"

namespace quipu {

/// What came of a task.
struct Outcome {
    enum class What {
        handled,   ///< its effects are in the unit
        settled,   ///< finished already: by another process, or its event was archived
        failed,    ///< see `failure` and `disposition`
        behind,    ///< not handled, since an earlier record of its key has failed
        returned,  ///< not handled, for want of time or of the store
    };
    Task task;
    What what = What::returned;
    HandlerFailure failure = {};
    Disposition disposition = {};
    Time at{};  ///< of failed and behind: when
};

/// What handling some tasks has brought, to be committed as one transaction.
struct Unit {
    std::vector<Outcome> outcomes;  ///< one for each task, in order
    Transaction effects;            ///< appends, documents and guards of those that were handled
    std::optional<Error> problem;   ///< the store could not be read: tasks were returned
};

/// A handler that has been running for long.
struct SlowHandler {
    std::string event_id;
    std::string event_type;
    std::chrono::milliseconds running{};
};

/// Calls a group's handlers and says what came of it. First attempts and retries take the same
/// path. Thread-safe.
class Executor {
  public:
    /// For `workers` threads; `notice` tells the operator of failures. All arguments must outlive
    /// the executor.
    Executor(Store& store, const EventTypes& types, const GroupBinding& binding,
             const RuntimeOptions& options, std::size_t workers,
             std::function<void(DeliveryNotice::Level, const Record*, std::string)> notice);

    /// Handles tasks in their order, until all are done or enough time has passed. `worker` is the
    /// caller's number, from 0 up to the number of threads. `is_settled` is asked about tasks whose
    /// commit was refused before.
    [[nodiscard]] Unit run(std::size_t worker, std::vector<Task> tasks,
                           const std::function<bool(const Task&)>& is_settled);
    /// Calls the group's tick; the error, if it failed.
    [[nodiscard]] std::optional<std::string> tick(Effects& effects);

    [[nodiscard]] Durations handler_time() const { return handler_time_.copy(); }
    [[nodiscard]] Durations event_age() const { return event_age_.copy(); }

    /// Handlers that have exceeded the group's timeout since the last call.
    [[nodiscard]] std::vector<SlowHandler> take_slow();
    /// Handlers that exceed it now.
    [[nodiscard]] std::vector<SlowHandler> slow() const;

  private:
    using Clock = std::chrono::steady_clock;
    /// What one worker is handling.
    struct Running {
        mutable Mutex mutex;
        RecordPtr record QUIPU_GUARDED_BY(mutex);  ///< null between handlers
        Clock::time_point since QUIPU_GUARDED_BY(mutex);
        bool reported QUIPU_GUARDED_BY(mutex) = false;
    };

    [[nodiscard]] Result<Outcome::What> prepare(Task& task,
                                                const std::function<bool(const Task&)>& is_settled);
    /// Calls the handler; none on success. A failure to read documents is a problem of the store
    /// and not an attempt.
    [[nodiscard]] std::optional<HandlerFailure> call(Running& running, Effects& effects,
                                                     const Task& task,
                                                     std::optional<Error>& problem);
    [[nodiscard]] std::optional<HandlerFailure> invoke(Effects& effects, const Task& task,
                                                       std::optional<Error>& problem);
    void fail(Outcome& outcome, HandlerFailure failure);
    /// The record as it is stored; one that came through a log lacks what only the store knows.
    [[nodiscard]] RecordPtr original(const RecordPtr& record);
    [[nodiscard]] double random() QUIPU_EXCLUDES(random_mutex_);
    /// The running handlers beyond the timeout; with `once`, those not named before.
    [[nodiscard]] std::vector<SlowHandler> find_slow(bool once) const;

    Store& store_;
    const EventTypes& types_;
    const GroupBinding& binding_;
    const RuntimeOptions& options_;
    const std::function<void(DeliveryNotice::Level, const Record*, std::string)> notice_;
    std::unordered_map<std::string_view, const Subscription*> subscriptions_;

    /// Counts the time that an attempt has taken, and tells of it with RuntimeOptions::debug.
    void note_time(const Task& task, Clock::time_point began, bool handled);

    std::vector<std::unique_ptr<Running>> running_;  // one for each worker
    Histogram handler_time_;
    Histogram event_age_;

    Mutex random_mutex_;
    std::function<double()> random_ QUIPU_GUARDED_BY(random_mutex_);
};

}  // namespace quipu
