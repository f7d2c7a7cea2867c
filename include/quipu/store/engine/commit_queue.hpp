// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "quipu/base/mutex.hpp"
#include "quipu/store/engine/prepare.hpp"
#include "quipu/store/store.hpp"

namespace quipu::stores {

/// What waits for a store's writer thread, bounded by bytes: transactions, and tasks that run
/// on the writer's `Session`. Thread-safe.
template <class Session>
class CommitQueue {
  public:
    using Task = std::function<Result<void>(Session&)>;
    struct Job {
        Prepared prepared;
        Task task;
        Store::Done done;
    };
    using Results = std::vector<Result<Committed>>;

    explicit CommitQueue(std::size_t max_bytes) noexcept : max_bytes_(max_bytes) {}

    /// As Store::submit.
    void submit(Prepared&& prepared, Store::Done&& done) {
        if (prepared.bytes > max_bytes_) {
            done(fail(ErrorCode::limit, "a transaction of " + std::to_string(prepared.bytes) +
                                            " bytes is larger than the queue of the store "
                                            "(max_queue_bytes); split it"));
            return;
        }
        enqueue({.prepared = std::move(prepared), .task = {}, .done = std::move(done)});
    }

    /// Runs `task` on the writer thread and waits. It may run more than once.
    [[nodiscard]] Result<void> execute(Task task) {
        if (std::this_thread::get_id() == writer_.load()) {
            return fail(ErrorCode::internal,
                        "a blocking function of the store was called from a "
                        "callback of the store");
        }
        std::promise<Result<void>> promise;
        auto answer = promise.get_future();
        enqueue({.prepared = {}, .task = std::move(task), .done = [&](Result<Committed> result) {
                     promise.set_value(result ? Result<void>()
                                              : std::unexpected(std::move(result.error())));
                 }});
        return answer.get();
    }

    /// Takes nothing more; what waits is still handed out.
    void close() {
        {
            const MutexLock lock(mutex_);
            closing_ = true;
        }
        work_.notify_all();
        space_.notify_all();
    }

    /// The writer thread's first call.
    void begin() { writer_ = std::this_thread::get_id(); }

    /// Waits for work and takes all of it; false when the queue is closed and empty.
    [[nodiscard]] bool take(std::vector<Job>& jobs) {
        const MutexLock lock(mutex_);
        if (!work()) {
            idle_ = true;
            work_.wait(mutex_, [this]() QUIPU_REQUIRES(mutex_) { return work(); });
            idle_ = false;
        }
        jobs.swap(queue_);
        return !jobs.empty();
    }

    /// Waits at most `time` for work, or the end of it; whether there was any.
    [[nodiscard]] bool wait(std::chrono::milliseconds time) {
        const MutexLock lock(mutex_);
        idle_ = true;
        const bool found =
            work_.wait_for(mutex_, time, [this]() QUIPU_REQUIRES(mutex_) { return work(); });
        idle_ = false;
        return found;
    }

    /// Makes room for what waits behind `jobs` and answers these.
    void answer(std::span<Job> jobs, Results& results) {
        std::size_t bytes = 0;
        for (const Job& job : jobs) {
            bytes += job.prepared.bytes;
        }
        {
            const MutexLock lock(mutex_);
            queued_bytes_ -= bytes;
        }
        space_.notify_all();
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            try {
                jobs[i].done(std::move(results[i]));
            } catch (...) {  // NOLINT(bugprone-empty-catch)
                // The data is safe and the other callers wait for their answers.
            }
            jobs[i] = {};
        }
    }

    /// How many of the first jobs fit into one commit; at least one.
    [[nodiscard]] static std::size_t batch_size(std::span<const Job> jobs, std::size_t max_records,
                                                std::size_t max_bytes) {
        std::size_t records = 0;
        std::size_t bytes = 0;
        std::size_t size = 0;
        for (const Job& job : jobs) {
            records += std::max<std::size_t>(1, job.prepared.appends.size());
            bytes += job.prepared.bytes;
            if (size > 0 && (records > max_records || bytes > max_bytes)) {
                break;
            }
            ++size;
        }
        return size;
    }

  private:
    [[nodiscard]] bool work() const noexcept QUIPU_REQUIRES(mutex_) {
        return !queue_.empty() || closing_;
    }

    void enqueue(Job job) {
        {
            MutexLock lock(mutex_);
            const std::size_t bytes = job.prepared.bytes;
            if (std::this_thread::get_id() != writer_.load()) {
                space_.wait(mutex_, [&]() QUIPU_REQUIRES(mutex_) {
                    return closing_ || queued_bytes_ + bytes <= max_bytes_;
                });
            }
            if (!closing_) {
                queued_bytes_ += bytes;
                queue_.push_back(std::move(job));
                if (std::exchange(idle_, false)) {
                    lock.unlock();
                    work_.notify_one();
                }
                return;
            }
        }
        job.done(fail(ErrorCode::unavailable, "the store is closing"));
    }

    const std::size_t max_bytes_;
    std::atomic<std::thread::id> writer_{};
    Mutex mutex_;
    Condition work_;
    Condition space_;
    std::vector<Job> queue_ QUIPU_GUARDED_BY(mutex_);
    std::size_t queued_bytes_ QUIPU_GUARDED_BY(mutex_) = 0;
    bool idle_ QUIPU_GUARDED_BY(mutex_) = false;
    bool closing_ QUIPU_GUARDED_BY(mutex_) = false;
};

}  // namespace quipu::stores
