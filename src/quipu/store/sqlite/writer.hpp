// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include "quipu/base/mutex.hpp"
#include "quipu/store/engine/commit_queue.hpp"
#include "quipu/store/engine/log_watch.hpp"
#include "quipu/store/engine/tail_cache.hpp"
#include "quipu/store/sqlite/session.hpp"
#include "quipu/store/sqlite/sqlite_store.hpp"

namespace quipu::sqlite {

/// The thread that owns the write session. It takes whatever waits, stores it in one commit, and
/// only then answers.
class Writer {
  public:
    using Queue = CommitQueue<WriteSession>;
    using Task = Queue::Task;

    /// `options`, `cache` and `watch` must outlive it.
    Writer(std::unique_ptr<WriteSession> session, const SqliteOptions& options, TailCache& cache,
           LogWatch& watch);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// As Store::submit.
    void submit(Prepared&& prepared, Store::Done&& done) {
        queue_.submit(std::move(prepared), std::move(done));
    }
    /// Runs `task` within a shared commit and waits. It may run a second time when another
    /// member of its commit failed.
    [[nodiscard]] Result<void> execute(Task task) { return queue_.execute(std::move(task)); }
    /// Stores what waits, answers it, and takes no more.
    void stop();

    /// Why the store takes no writes; empty when it does.
    [[nodiscard]] std::string problem() const;
    [[nodiscard]] std::int64_t events() const noexcept { return events_.load(); }
    [[nodiscard]] std::int64_t wal_bytes() const noexcept;

  private:
    using Job = Queue::Job;
    using Results = Queue::Results;

    void run();
    void process(std::span<Job> jobs);
    bool store(std::span<Job> jobs, Results& results);
    [[nodiscard]] Result<Committed> run(Job& job);
    void recover(const Failure& failure);
    void publish(const CommitChanges& changes);
    void checkpoint_when_due();
    void complete_index();
    /// Does a little for newly declared fields; keeps to a part of this thread's time.
    void fill_fields();
    void set_problem(std::string problem, bool lasting);

    std::unique_ptr<WriteSession> session_;
    const SqliteOptions& options_;
    TailCache& cache_;
    LogWatch& watch_;

    Queue queue_;

    mutable Mutex problem_mutex_;
    std::string problem_ QUIPU_GUARDED_BY(problem_mutex_);
    bool lasting_problem_ = false;  ///< writer thread only
    Results results_;               ///< writer thread only, kept for its memory

    std::int64_t checkpoint_at_ = 0;  ///< frames; writer thread only
    std::int64_t last_frames_ = 0;    ///< writer thread only
    /// Not before this time the next step for newly declared fields; writer thread only.
    std::chrono::steady_clock::time_point fill_at_;
    std::atomic<std::int64_t> events_ = 0;
    std::atomic<std::int64_t> frames_ = 0;
    std::jthread thread_;
};

}  // namespace quipu::sqlite
