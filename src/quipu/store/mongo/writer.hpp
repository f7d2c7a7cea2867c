// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "quipu/store/engine/commit_queue.hpp"
#include "quipu/store/engine/prepare.hpp"
#include "quipu/store/mongo/draft.hpp"
#include "quipu/store/mongo/ledger.hpp"
#include "quipu/store/store.hpp"

namespace quipu::mongo {

/// What the store tells about its server; a line for the operator at each change.
class Condition {
  public:
    explicit Condition(const MongoOptions& options) : options_(options) {}
    /// A call succeeded. That one may read does not mean that one may write.
    void good(bool written);
    void bad(const Failure& failure);
    [[nodiscard]] std::string problem() const;

  private:
    const MongoOptions& options_;
    mutable std::mutex mutex_;
    std::string problem_;
    bool refuses_us_ = false;
};

/// The thread that makes commits of what waits. A transaction that fails its checks fails alone;
/// no answer is given before the commit that it depends on is stored.
class Writer {
  public:
    using Queue = CommitQueue<Draft>;
    using Command = Queue::Command;

    /// The arguments must outlive it.
    Writer(Server& server, Ledger& ledger, const MongoOptions& options, Condition& condition);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// As Store::submit.
    void submit(Prepared&& prepared, Store::Done&& done) {
        queue_.submit(std::move(prepared), std::move(done));
    }
    /// Runs `command` in a commit of its own and waits. It runs again when another process was
    /// first.
    [[nodiscard]] Result<void> execute(Command command) {
        return queue_.execute(std::move(command));
    }
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
    void keep_house();

    Server& server_;
    Ledger& ledger_;
    const MongoOptions& options_;
    Condition& condition_;

    Queue queue_;
    std::size_t commits_ = 0;                              ///< writer thread only
    std::chrono::steady_clock::time_point last_tidied_{};  ///< writer thread only
    std::jthread thread_;
};

}  // namespace quipu::mongo
