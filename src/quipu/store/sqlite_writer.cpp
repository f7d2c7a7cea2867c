#include "quipu/store/sqlite_writer.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <future>
#include <utility>

namespace quipu::sqlite {
namespace {

constexpr std::int64_t page_bytes = 4096;

Time wall_clock() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

Error closing() {
    return {ErrorCode::unavailable, "the store is closing"};
}

}  // namespace

Writer::Writer(std::unique_ptr<WriteSession> session, const SqliteOptions& options,
               TailCache& cache, LogWatch& watch)
    : session_(std::move(session)), options_(options), cache_(cache), watch_(watch) {
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
    {
        const std::scoped_lock lock(mutex_);
        closing_ = true;
    }
    work_.notify_all();
    space_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Writer::submit(Prepared prepared, Store::Done done) {
    if (prepared.bytes > options_.max_queue_bytes) {
        done(fail(ErrorCode::limit, "a transaction of " + std::to_string(prepared.bytes) +
                                        " bytes is larger than the queue of the store "
                                        "(max_queue_bytes); split it"));
        return;
    }
    enqueue({.prepared = std::move(prepared), .command = {}, .done = std::move(done)});
}

void Writer::enqueue(Job job) {
    {
        std::unique_lock lock(mutex_);
        const std::size_t bytes = job.prepared.bytes;
        if (std::this_thread::get_id() != thread_.get_id()) {
            space_.wait(lock, [&] {
                return closing_ || queued_bytes_ + bytes <= options_.max_queue_bytes;
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
    job.done(std::unexpected(closing()));
}

Result<void> Writer::execute(Command command) {
    if (std::this_thread::get_id() == thread_.get_id()) {
        return fail(ErrorCode::internal,
                    "a blocking function of the store was called from a "
                    "callback of the store");
    }
    std::promise<Result<void>> promise;
    auto answer = promise.get_future();
    enqueue({.prepared = {}, .command = std::move(command), .done = [&](Result<Committed> result) {
                 promise.set_value(result ? Result<void>()
                                          : std::unexpected(std::move(result.error())));
             }});
    return answer.get();
}

std::string Writer::problem() const {
    const std::scoped_lock lock(problem_mutex_);
    return problem_;
}

std::int64_t Writer::wal_bytes() const noexcept {
    return frames_.load() * page_bytes;
}

void Writer::run() {
    std::vector<Job> jobs;
    while (take(jobs)) {
        std::span<Job> rest(jobs);
        while (!rest.empty()) {
            const std::size_t size = batch_size(rest);
            process(rest.first(size));
            rest = rest.subspan(size);
            checkpoint_when_due();
        }
        jobs.clear();
    }
}

bool Writer::take(std::vector<Job>& jobs) {
    std::unique_lock lock(mutex_);
    if (queue_.empty() && !closing_) {
        idle_ = true;
        work_.wait(lock, [this] { return !queue_.empty() || closing_; });
        idle_ = false;
    }
    jobs.swap(queue_);
    return !jobs.empty();
}

void Writer::release(std::size_t bytes) {
    {
        const std::scoped_lock lock(mutex_);
        queued_bytes_ -= bytes;
    }
    space_.notify_all();
}

std::size_t Writer::batch_size(std::span<const Job> jobs) const {
    std::size_t records = 0;
    std::size_t bytes = 0;
    std::size_t size = 0;
    for (const Job& job : jobs) {
        records += std::max<std::size_t>(1, job.prepared.appends.size());
        bytes += job.prepared.bytes;
        if (size > 0 &&
            (records > options_.max_batch_records || bytes > options_.max_batch_bytes)) {
            break;
        }
        ++size;
    }
    return size;
}

Result<Committed> Writer::run(Job& job) {
    if (!job.command) {
        return session_->apply(job.prepared);
    }
    auto result = job.command(*session_);
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
    std::size_t bytes = 0;
    for (const Job& job : jobs) {
        bytes += job.prepared.bytes;
    }
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
    release(bytes);
    answer(jobs, results_);
    watch_.notify();
}

void Writer::publish(const Effects& effects) {
    cache_.append(effects.appended);
    for (const std::int64_t position : effects.removed) {
        cache_.remove(position);
    }
    events_ += static_cast<std::int64_t>(effects.appended.size()) -
               static_cast<std::int64_t>(effects.removed.size());
    frames_ = session_->wal_frames();
    watch_.set(session_->last_position());
}

void Writer::answer(std::span<Job> jobs, Results& results) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        try {
            jobs[i].done(std::move(results[i]));
        } catch (...) {
            // The data is safe and the other callers wait for their answers.
        }
        jobs[i] = {};
    }
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
    const std::scoped_lock lock(problem_mutex_);
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
