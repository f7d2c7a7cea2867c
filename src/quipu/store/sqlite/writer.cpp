// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/writer.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace quipu::sqlite {
namespace {

constexpr std::int64_t page_bytes = 4096;
/// So long nothing comes before the index is completed: a commit of it would delay what came.
constexpr std::chrono::milliseconds idle_time{100};
/// Between two steps for newly declared fields while nothing else waits.
constexpr std::chrono::milliseconds idle_fill_pause{1};
/// Under load, a step is followed by so many times its duration without one.
constexpr int fill_share = 9;
constexpr std::chrono::seconds fill_retry{1};

Time wall_clock() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

Writer::Writer(std::unique_ptr<WriteSession> session, const SqliteOptions& options,
               TailCache& cache, LogWatch& watch)
    : session_(std::move(session)),
      options_(options),
      cache_(cache),
      watch_(watch),
      queue_(options.max_queue_bytes) {
    const std::int64_t last = session_->last_position();
    checkpoint_at_ = static_cast<std::int64_t>(options_.wal_bytes) / page_bytes;
    events_ = last - session_->removed().count(1, last);
    cache_.begin(last);
    watch_.set(last);
    thread_ = std::jthread([this] { run(); });
}

Writer::~Writer() {
    stop();
}

void Writer::stop() {
    queue_.close();
    if (thread_.joinable()) {
        thread_.join();
    }
}

std::string Writer::problem() const {
    const MutexLock lock(problem_mutex_);
    return problem_;
}

std::int64_t Writer::wal_bytes() const noexcept {
    return frames_.load() * page_bytes;
}

void Writer::run() {
    queue_.begin();
    std::vector<Job> jobs;
    for (;;) {
        while (session_->fields_to_fill() && !lasting_problem_ && !queue_.wait(idle_fill_pause)) {
            fill_fields();
        }
        if (session_->index_behind() && !lasting_problem_ && !queue_.wait(idle_time)) {
            complete_index();
        }
        if (!queue_.take(jobs)) {
            break;
        }
        std::span<Job> rest(jobs);
        while (!rest.empty()) {
            const std::size_t size =
                Queue::batch_size(rest, options_.max_batch_records, options_.max_batch_bytes);
            process(rest.first(size));
            rest = rest.subspan(size);
            checkpoint_when_due();
        }
        jobs.clear();
        if (session_->fields_to_fill() && std::chrono::steady_clock::now() >= fill_at_) {
            fill_fields();
        }
    }
    complete_index();
}

void Writer::complete_index() {
    if (lasting_problem_ || !session_->index_behind()) {
        return;
    }
    try {
        session_->complete_index();
        frames_ = session_->wal_frames();
    } catch (const std::exception& exception) {
        // It can wait: nothing that was acknowledged is in danger, and readers scan what it lacks.
        const auto* failure = dynamic_cast<const Failure*>(&exception);
        recover(failure != nullptr ? *failure : Failure(0, 0, std::string(exception.what())));
    }
    checkpoint_when_due();
}

void Writer::fill_fields() {
    if (lasting_problem_) {
        return;
    }
    const auto begin = std::chrono::steady_clock::now();
    try {
        session_->fill_fields();
        frames_ = session_->wal_frames();
    } catch (const std::exception& exception) {
        // It can wait, as above; a full disk is not asked again at once.
        const auto* failure = dynamic_cast<const Failure*>(&exception);
        recover(failure != nullptr ? *failure : Failure(0, 0, std::string(exception.what())));
        fill_at_ = std::chrono::steady_clock::now() + fill_retry;
        static_cast<void>(queue_.wait(fill_retry));
        return;
    }
    checkpoint_when_due();
    const auto end = std::chrono::steady_clock::now();
    fill_at_ = end + fill_share * (end - begin);
}

Result<Committed> Writer::run(Job& job) {
    if (!job.task) {
        return session_->apply(job.prepared);
    }
    auto result = job.task(*session_);
    return result ? Result<Committed>(Committed{}) : std::unexpected(std::move(result.error()));
}

bool Writer::store(std::span<Job> jobs, Results& results) {
    bool began = false;
    try {
        session_->begin(options_.clock ? options_.clock() : wall_clock());
        began = true;
        for (Job& job : jobs) {
            results.push_back(run(job));
        }
        publish(session_->commit());
        set_problem({}, false);
        return true;
    } catch (const Failure& failure) {
        recover(failure);
        const bool shared_fate = !began || failure.out_of_space() || failure.disk_failed();
        Error error = failure.error();
        if (shared_fate) {
            error = {ErrorCode::unavailable,
                     "nothing can be written to " + options_.path.string() + ": " + problem()};
        }
        results.assign(jobs.size(), std::unexpected(error));
        return shared_fate;
    } catch (const std::exception& exception) {
        recover(Failure(0, 0, std::string(exception.what())));
        results.assign(jobs.size(), fail(ErrorCode::unavailable, exception.what()));
        return false;
    }
}

void Writer::process(std::span<Job> jobs) {
    results_.clear();
    if (lasting_problem_) {
        results_.assign(jobs.size(), fail(ErrorCode::unavailable, "nothing can be written to " +
                                                                      options_.path.string() +
                                                                      ": " + problem()));
    } else if (!store(jobs, results_) && jobs.size() > 1) {
        // One member spoilt the commit in a way its checks do not know; the others need not suffer.
        results_.clear();
        for (Job& job : jobs) {
            Results one;
            static_cast<void>(store({&job, 1}, one));
            results_.push_back(std::move(one.front()));
        }
    }
    queue_.answer(jobs, results_);
    watch_.notify();
}

void Writer::publish(const CommitChanges& changes) {
    cache_.append(changes.appended);
    for (const std::int64_t position : changes.removed) {
        cache_.remove(position);
    }
    events_ += static_cast<std::int64_t>(changes.appended.size()) -
               static_cast<std::int64_t>(changes.removed.size());
    frames_ = session_->wal_frames();
    watch_.set(session_->last_position());
}

void Writer::recover(const Failure& failure) {
    std::string problem = failure.what();
    bool lasting = failure.disk_failed();
    try {
        session_->rollback();
    } catch (const std::exception& exception) {
        problem += std::string("; undoing it failed, too: ") + exception.what();
        lasting = true;
    }
    if (lasting) {
        session_->distrust();
        set_problem(problem + "; the program must be restarted to write again", true);
    } else if (failure.out_of_space()) {
        set_problem(problem + "; make room, the next write tries again", false);
    } else {
        set_problem(problem, false);
    }
}

void Writer::set_problem(std::string problem, bool lasting) {
    lasting_problem_ = lasting;
    const MutexLock lock(problem_mutex_);
    problem_ = std::move(problem);
}

void Writer::checkpoint_when_due() {
    const std::int64_t limit =
        std::max<std::int64_t>(64, static_cast<std::int64_t>(options_.wal_bytes) / page_bytes);
    const std::int64_t frames = session_->wal_frames();
    if (frames < last_frames_) {
        checkpoint_at_ = limit;  // the log began anew
    }
    last_frames_ = frames;
    if (frames < checkpoint_at_ || lasting_problem_) {
        return;
    }
    try {
        session_->checkpoint(frames > 4 * limit);
        checkpoint_at_ = frames + limit / 2;
        frames_ = session_->wal_frames();
    } catch (const Failure& failure) {
        // What was committed is safe in the write-ahead log.
        if (failure.out_of_space()) {
            checkpoint_at_ = frames + limit / 2;
        } else {
            recover(failure);
        }
    }
}

}  // namespace quipu::sqlite
