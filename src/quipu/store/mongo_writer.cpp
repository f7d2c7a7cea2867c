#include "quipu/store/mongo_writer.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <future>
#include <utility>

#include "quipu/store/mongo_projection.hpp"

namespace quipu::mongo {
namespace {

/// A commit is one document of at most 16 MiB; this leaves room for what is added around it.
constexpr std::size_t most_commit_bytes = std::size_t{12} << 20;
constexpr std::size_t most_transaction_bytes = std::size_t{15} << 20;
constexpr std::chrono::minutes tidy_every{10};
constexpr std::size_t trim_every = 64;

Time wall_clock() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

void Condition::good() {
    const std::scoped_lock lock(mutex_);
    if (!problem_.empty()) {
        problem_.clear();
        if (options_.notice) {
            options_.notice("warning", "the MongoDB server answers again");
        }
    }
}

void Condition::bad(const Failure& failure) {
    const std::scoped_lock lock(mutex_);
    const bool first = problem_.empty();
    problem_ = failure.what();
    if (first && options_.notice) {
        options_.notice("error", problem_);
    }
}

std::string Condition::problem() const {
    const std::scoped_lock lock(mutex_);
    return problem_;
}

Writer::Writer(Server& server, Ledger& ledger, const MongoOptions& options, LogWatch& watch,
               Condition& condition)
    : server_(server), ledger_(ledger), options_(options), watch_(watch), condition_(condition) {
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
    job.done(fail(ErrorCode::unavailable, "the store is closing"));
}

Result<void> Writer::execute(Command command) {
    if (std::this_thread::get_id() == thread_.get_id()) {
        return fail(ErrorCode::internal,
                    "a blocking function of the store was called from a callback of the store");
    }
    std::promise<Result<void>> promise;
    auto answer = promise.get_future();
    enqueue({.prepared = {}, .command = std::move(command), .done = [&](Result<Committed> result) {
                 promise.set_value(result ? Result<void>()
                                          : std::unexpected(std::move(result.error())));
             }});
    return answer.get();
}

void Writer::run() {
    std::vector<Job> jobs;
    while (take(jobs)) {
        std::span<Job> rest(jobs);
        while (!rest.empty()) {
            rest = rest.subspan(process(rest.first(batch_size(rest))));
        }
        jobs.clear();
        keep_house();
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
        // A command looks into the collections, where nothing of this commit is yet.
        if (size > 0 && job.command) {
            break;
        }
        records += std::max<std::size_t>(1, job.prepared.appends.size());
        bytes += job.prepared.bytes;
        if (size > 0 &&
            (records > options_.max_batch_records || bytes > options_.max_batch_bytes)) {
            break;
        }
        ++size;
        if (job.command) {
            break;
        }
    }
    return size;
}

Result<Committed> Writer::add(Draft& draft, Job& job) {
    if (!job.command) {
        return draft.add(job.prepared);
    }
    auto result = job.command(draft);
    return result ? Result<Committed>(Committed{}) : std::unexpected(std::move(result.error()));
}

void Writer::store(std::span<Job> jobs, Results& results, bool with_members) {
    static const Draft::Members none;
    const auto order = ledger_.order();
    ledger_.catch_up(order);
    for (;;) {
        results.clear();
        Draft draft(ledger_.state(order), server_, options_.clock ? options_.clock() : wall_clock(),
                    with_members ? options_.document : none);
        for (Job& job : jobs) {
            results.push_back(add(draft, job));
            if (draft.bytes() > most_commit_bytes) {
                break;
            }
        }
        if (draft.empty()) {
            return;
        }
        if (draft.bytes() > most_transaction_bytes) {
            throw Failure(Failure::Kind::refused,
                          "a transaction has more bytes than one MongoDB document may have "
                          "(16 MiB); split it");
        }
        if (ledger_.store(order, draft.finish()) == Ledger::Outcome::stored) {
            return;
        }
        ledger_.catch_up(order);
    }
}

std::size_t Writer::process(std::span<Job> jobs) {
    Results results;
    try {
        store(jobs, results, true);
        condition_.good();
    } catch (const Failure& failure) {
        const bool refused = failure.kind() == Failure::Kind::refused;
        if (refused && jobs.size() > 1) {
            // One member is not to the server's taste; the others need not suffer.
            for (Job& job : jobs) {
                process({&job, 1});
            }
            return jobs.size();
        }
        Error error = failure.error();
        if (!refused) {
            condition_.bad(failure);
            error = {ErrorCode::unavailable, failure.what()};
        } else {
            error.code = ErrorCode::limit;
        }
        results.assign(jobs.size(), std::unexpected(error));
        if (refused && options_.document) {
            try {
                // The members beside the body may be what no server takes; the body is enough.
                store(jobs, results, false);
            } catch (const Failure&) {
                results.assign(jobs.size(), std::unexpected(error));
            }
        }
    } catch (const std::exception& exception) {
        results.assign(jobs.size(), fail(ErrorCode::unavailable, exception.what()));
    }
    const std::size_t done = std::min(results.size(), jobs.size());
    std::size_t bytes = 0;
    for (const Job& job : jobs.first(done)) {
        bytes += job.prepared.bytes;
    }
    release(bytes);
    for (std::size_t i = 0; i < done; ++i) {
        try {
            jobs[i].done(std::move(results[i]));
        } catch (...) {
            // The data is safe and the other callers wait for their answers.
        }
        jobs[i] = {};
    }
    watch_.notify();
    return done;
}

void Writer::keep_house() {
    if (++commits_ % trim_every != 0) {
        return;
    }
    try {
        ledger_.trim(ledger_.order());
        const auto now = std::chrono::steady_clock::now();
        if (now - last_tidied_ > tidy_every) {
            last_tidied_ = now;
            drop_tombstones(server_);
        }
    } catch (const std::exception&) {
        // Another time.
    }
}

}  // namespace quipu::mongo
