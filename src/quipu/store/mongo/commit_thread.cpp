// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/commit_thread.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace quipu::mongo {
namespace {

/// A commit is one document of at most 16 MiB; this leaves room for what is added around it.
constexpr std::size_t commit_bytes_max = std::size_t{12} << 20;
constexpr std::size_t transaction_bytes_max = std::size_t{15} << 20;
constexpr std::size_t trim_every = 64;

Time wall_clock() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

CommitThread::CommitThread(Server& server, Ledger& ledger, const MongoOptions& options,
                           ServerStatus& status)
    : server_(server),
      ledger_(ledger),
      options_(options),
      status_(status),
      queue_(options.max_queue_bytes) {
    thread_ = std::jthread([this] { run(); });
}

CommitThread::~CommitThread() {
    stop();
}

void CommitThread::stop() {
    queue_.close();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void CommitThread::run() {
    queue_.begin();
    std::vector<Job> jobs;
    while (queue_.take(jobs)) {
        std::span<Job> rest(jobs);
        while (!rest.empty()) {
            rest = rest.subspan(process(rest.first(batch_size(rest))));
        }
        jobs.clear();
        do_housekeeping();
    }
}

std::size_t CommitThread::batch_size(std::span<const Job> jobs) const {
    // A task looks into the collections, where nothing of its commit is yet: it goes alone.
    const auto task = std::ranges::find_if(jobs, [](const Job& job) { return bool(job.task); });
    const auto before = static_cast<std::size_t>(task - jobs.begin());
    return before == 0 ? 1
                       : Queue::batch_size(jobs.first(before), options_.max_batch_records,
                                           options_.max_batch_bytes);
}

Result<Committed> CommitThread::add(Draft& draft, Job& job) {
    if (!job.task) {
        return draft.add(job.prepared);
    }
    auto result = job.task(draft);
    return result ? Result<Committed>(Committed{}) : std::unexpected(std::move(result.error()));
}

void CommitThread::store(std::span<Job> jobs, Results& results, bool with_members) {
    const Ledger::Lock lock(ledger_.mutex());
    ledger_.complete_pending();
    // A commit whose insertion seemed to fail may appear later. Then its answers are the right
    // ones, not those that the same transactions would get on top of themselves.
    std::vector<std::pair<std::string, Results>> tried;
    const auto end = std::chrono::steady_clock::now() + options_.server_wait;
    for (;;) {
        results.clear();
        Draft draft(ledger_.state(), server_, options_.clock ? options_.clock() : wall_clock(),
                    with_members);
        for (Job& job : jobs) {
            results.push_back(add(draft, job));
            if (draft.bytes() > commit_bytes_max) {
                break;
            }
        }
        if (draft.empty()) {
            // Where something is stored, that its number was free proves that all checks saw the
            // newest state. Here nothing does.
            if (!ledger_.has_next()) {
                return;
            }
            ledger_.catch_up();
            continue;
        }
        if (draft.bytes() > transaction_bytes_max) {
            throw ServerError(ServerError::Kind::rejected,
                              "a transaction has more bytes than one MongoDB document may have "
                              "(16 MiB); split it");
        }
        Commit commit = draft.finish();
        const std::int64_t number = commit.number;
        tried.emplace_back(commit.token, results);
        if (ledger_.store(std::move(commit)) == Ledger::Outcome::stored) {
            return;
        }
        ledger_.catch_up();
        for (auto& [token, answers] : tried) {
            if (ledger_.has_applied(token)) {
                results = std::move(answers);
                return;
            }
        }
        if (ledger_.state().seen < number) {
            // Neither stored nor another's: the insertion may still be under way at the server.
            if (std::chrono::steady_clock::now() > end) {
                throw ServerError(
                    ServerError::Kind::unreachable,
                    server_.location() +
                        " does not confirm a commit; whether it is stored is not known");
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    }
}

std::size_t CommitThread::process(std::span<Job> jobs) {
    Results results;
    try {
        store(jobs, results, true);
        status_.succeeded(true);
    } catch (const ServerError& error) {
        const bool rejected = error.kind() == ServerError::Kind::rejected;
        if (rejected && jobs.size() > 1) {
            // One of them is what the server rejects; the others need not fail with it.
            for (Job& job : jobs) {
                process({&job, 1});
            }
            return jobs.size();
        }
        Error answer = error.error();
        if (!rejected) {
            status_.failed(error);
            answer = {ErrorCode::unavailable, error.what()};
        } else {
            answer.code = ErrorCode::limit;
        }
        results.assign(jobs.size(), std::unexpected(answer));
        if (rejected && options_.document) {
            try {
                // The members beside the body may be what the server does not take; without them
                // the event is still whole.
                store(jobs, results, false);
            } catch (const ServerError&) {
                results.assign(jobs.size(), std::unexpected(answer));
            }
        }
    } catch (const std::exception& exception) {
        results.assign(jobs.size(), fail(ErrorCode::unavailable, exception.what()));
    }
    const std::size_t done = std::min(results.size(), jobs.size());
    queue_.answer(jobs.first(done), results);
    return done;
}

void CommitThread::do_housekeeping() {
    if (++commits_ % trim_every != 0) {
        return;
    }
    try {
        const Ledger::Lock lock(ledger_.mutex());
        ledger_.trim();
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
        // Tried again after the next commits.
    }
}

}  // namespace quipu::mongo
