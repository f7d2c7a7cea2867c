// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "quipu/store/engine/commit_queue.hpp"
#include "quipu/store/engine/prepare.hpp"
#include "quipu/store/mongo/draft.hpp"
#include "quipu/store/mongo/ledger.hpp"
#include "quipu/store/mongo/server_status.hpp"
#include "quipu/store/store.hpp"

namespace quipu::mongo {

/// The thread that turns waiting transactions into commits. A transaction that fails its checks
/// fails alone; no answer is given before the commit that it depends on is stored.
class CommitThread {
  public:
    using Queue = CommitQueue<Draft>;
    using Task = Queue::Task;

    /// The arguments must outlive it.
    CommitThread(Server& server, Ledger& ledger, const MongoOptions& options, ServerStatus& status);
    ~CommitThread();
    CommitThread(const CommitThread&) = delete;
    CommitThread& operator=(const CommitThread&) = delete;

    /// As Store::submit.
    void submit(Prepared&& prepared, Store::Done&& done) {
        queue_.submit(std::move(prepared), std::move(done));
    }
    /// Runs `task` in a commit of its own and waits. It runs again when another process was
    /// first.
    [[nodiscard]] Result<void> execute(Task task) { return queue_.execute(std::move(task)); }
    /// Stores what waits, answers it, and takes no more.
    void stop();

  private:
    using Job = Queue::Job;
    using Results = Queue::Results;

    void run();
    [[nodiscard]] std::size_t batch_size(std::span<const Job> jobs) const;
    /// Returns how many of `jobs` are done with.
    std::size_t process(std::span<Job> jobs);
    /// Fills `results` for the first jobs, as many as one commit takes.
    void store(std::span<Job> jobs, Results& results, bool with_members);
    [[nodiscard]] Result<Committed> add(Draft& draft, Job& job);
    void do_housekeeping();

    Server& server_;
    Ledger& ledger_;
    const MongoOptions& options_;
    ServerStatus& status_;

    Queue queue_;
    std::size_t commits_ = 0;  ///< this thread only
    std::jthread thread_;
};

}  // namespace quipu::mongo
