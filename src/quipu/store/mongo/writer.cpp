// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/writer.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "quipu/store/mongo/projection.hpp"

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

void Condition::good(bool written) {
    const std::scoped_lock lock(mutex_);
    if (!problem_.empty() && (written || !refuses_us_)) {
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
    refuses_us_ = failure.kind() == Failure::Kind::access;
    if (first && options_.notice) {
        options_.notice("error", problem_);
    }
}

std::string Condition::problem() const {
    const std::scoped_lock lock(mutex_);
    return problem_;
}

Writer::Writer(Server& server, Ledger& ledger, const MongoOptions& options, Condition& condition)
    : server_(server),
      ledger_(ledger),
      options_(options),
      condition_(condition),
      queue_(options.max_queue_bytes) {
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

void Writer::run() {
    queue_.begin();
    std::vector<Job> jobs;
    while (queue_.take(jobs)) {
        std::span<Job> rest(jobs);
        while (!rest.empty()) {
            rest = rest.subspan(process(rest.first(batch_size(rest))));
        }
        jobs.clear();
        keep_house();
    }
}

std::size_t Writer::batch_size(std::span<const Job> jobs) const {
    // A command looks into the collections, where nothing of its commit is yet: it goes alone.
    const auto command =
        std::ranges::find_if(jobs, [](const Job& job) { return bool(job.command); });
    const auto before = static_cast<std::size_t>(command - jobs.begin());
    return before == 0 ? 1
                       : Queue::batch_size(jobs.first(before), options_.max_batch_records,
                                           options_.max_batch_bytes);
}

Result<Committed> Writer::add(Draft& draft, Job& job) {
    if (!job.command) {
        return draft.add(job.prepared);
    }
    auto result = job.command(draft);
    return result ? Result<Committed>(Committed{}) : std::unexpected(std::move(result.error()));
}

void Writer::store(std::span<Job> jobs, Results& results, bool with_members) {
    const auto order = ledger_.order();
    ledger_.settle(order);
    // A commit whose insertion seemed to fail may appear later. Then its answers are the right
    // ones, not those that the same wishes get on top of themselves.
    std::vector<std::pair<std::string, Results>> tried;
    const auto end = std::chrono::steady_clock::now() + options_.server_wait;
    for (;;) {
        results.clear();
        Draft draft(ledger_.state(order), server_, options_.clock ? options_.clock() : wall_clock(),
                    with_members);
        for (Job& job : jobs) {
            results.push_back(add(draft, job));
            if (draft.bytes() > most_commit_bytes) {
                break;
            }
        }
        if (draft.empty()) {
            // Where something is stored, that its number was free proves that all checks saw the
            // newest state. Here nothing does.
            if (!ledger_.has_next(order)) {
                return;
            }
            ledger_.catch_up(order);
            continue;
        }
        if (draft.bytes() > most_transaction_bytes) {
            throw Failure(Failure::Kind::refused,
                          "a transaction has more bytes than one MongoDB document may have "
                          "(16 MiB); split it");
        }
        Commit commit = draft.finish();
        const std::int64_t number = commit.number;
        tried.emplace_back(commit.token, results);
        if (ledger_.store(order, std::move(commit)) == Ledger::Outcome::stored) {
            return;
        }
        ledger_.catch_up(order);
        for (auto& [token, answers] : tried) {
            if (ledger_.adopted(order, token)) {
                results = std::move(answers);
                return;
            }
        }
        if (ledger_.state(order).seen < number) {
            // Neither stored nor another's: the server has not made up its mind yet.
            if (std::chrono::steady_clock::now() > end) {
                throw Failure(Failure::Kind::unreachable,
                              server_.location() +
                                  " does not confirm a commit; whether it is stored is not known");
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    }
}

std::size_t Writer::process(std::span<Job> jobs) {
    Results results;
    try {
        store(jobs, results, true);
        condition_.good(true);
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
        if (refused) {
            try {
                // The members beside the body may be what no server takes; the body is enough.
                // Without such, the refusal may have been one of a moment.
                store(jobs, results, !options_.document);
            } catch (const Failure&) {
                results.assign(jobs.size(), std::unexpected(error));
            }
        }
    } catch (const std::exception& exception) {
        results.assign(jobs.size(), fail(ErrorCode::unavailable, exception.what()));
    }
    const std::size_t done = std::min(results.size(), jobs.size());
    queue_.answer(jobs.first(done), results);
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
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
        // Another time.
    }
}

}  // namespace quipu::mongo
