// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/ledger.hpp"

#include <time.h>
#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/projection.hpp"

namespace quipu::mongo {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;

/// Commits stay at least this long and the newest ones for ever, so that every process that is
/// awake finds all that it has not seen.
constexpr minutes retention{10};
constexpr std::int64_t kept_commits = 1000;
constexpr std::int64_t trimmed_at_once = 64;
constexpr std::size_t kept_tokens = 256;

/// Runs on while the machine sleeps.
nanoseconds time_since_boot() {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

/// How long the writer of a commit may take to put it into the collections before others do it.
constexpr milliseconds takeover_delay{300};
constexpr milliseconds longest_poll{32};

}  // namespace

Ledger::Ledger(Server& server, TailCache& cache, LogWatch& watch)
    : server_(server), cache_(cache), watch_(watch) {}

void Ledger::open() {
    const Lock lock(mutex_);
    reload();
    catch_up();
    trim_old();  // programs that run for a short time never trim what they wrote
}

void Ledger::reload() {
    const nanoseconds began = time_since_boot();
    State state = load_state(server_);
    const MutexLock lock(state_mutex_);
    pending_.reset();
    state_ = std::move(state);
    confirmed_ = began;
    next_number_ = state_.seen + 1;
    events_ = state_.last_position - state_.removed.count(1, state_.last_position);
    cache_.begin(state_.last_position);
    watch_.set(state_.last_position);
    watch_.notify();
}

bool Ledger::can_trust_state() const {
    return time_since_boot() - confirmed_ < retention / 2;
}

std::string Ledger::commit_at(std::int64_t number, bool whole) {
    const std::string options = bson([&](BsonWriter& writer) {
        writer.int64("limit", 1);
        if (!whole) {
            writer.begin_document("projection");
            writer.int32("_id", 1);
            writer.end();
        }
    });
    return server_.find_one(commits_collection, by_id(number), options);
}

Commit Ledger::decoded(const std::string& document, std::int64_t number) {
    auto commit = decode_commit(document);
    if (!commit) {
        throw CorruptDocument(
            {ErrorCode::corrupt, "commit " + std::to_string(number) +
                                     " does not read back as it was written: the database "
                                     "is damaged; restore it from a backup"});
    }
    return *std::move(commit);
}

bool Ledger::has_unseen_commit() {
    return !commit_at(next_number_.load(), false).empty();
}

bool Ledger::has_next() {
    return !commit_at(own_state_->seen + 1, false).empty();
}

bool Ledger::refresh() {
    const std::int64_t newest = projected(server_);
    const auto seen = [&] { return newest < next_number_.load(); };
    if (seen()) {
        return false;
    }
    if (mutex_.lock_unless(seen)) {
        const Lock lock(mutex_, Lock::Adopt{});
        catch_up();
    }
    return true;
}

void Ledger::catch_up() {
    complete_pending();
    for (;;) {
        const nanoseconds began = time_since_boot();
        if (!can_trust_state() && projected(server_) > own_state_->seen) {
            reload();  // it slept so long that what it has not seen may be trimmed
        }
        const std::int64_t next = own_state_->seen + 1;
        const std::string found = commit_at(next, true);
        if (found.empty()) {
            confirmed_ = began;
            return;
        }
        const bool in_collections = wait_until_projected(next);
        apply(decoded(found, next), in_collections);
    }
}

/// Marks the time in which the collections hold a part of a commit.
class Ledger::ProjectionGuard {
  public:
    explicit ProjectionGuard(Ledger& ledger) : ledger_(ledger) {
        const MutexLock lock(ledger_.projection_mutex_);
        ledger_.projecting_ = true;
    }
    ~ProjectionGuard() {
        {
            const MutexLock lock(ledger_.projection_mutex_);
            ledger_.projecting_ = false;
            ++ledger_.projections_;
        }
        ledger_.projection_ended_.notify_all();
    }
    ProjectionGuard(const ProjectionGuard&) = delete;
    ProjectionGuard& operator=(const ProjectionGuard&) = delete;

  private:
    Ledger& ledger_;
};

void Ledger::wait_for_projection() {
    const MutexLock lock(projection_mutex_);
    const std::uint64_t now = projections_;
    projection_ended_.wait_for(
        projection_mutex_, std::chrono::seconds(5),
        [&]() QUIPU_REQUIRES(projection_mutex_) { return !projecting_ || projections_ != now; });
}

void Ledger::complete_pending() {
    if (!pending_) {
        return;
    }
    if (!can_trust_state()) {
        reload();
        return;
    }
    put_into_collections(*pending_);
    announce(*pending_);
    pending_.reset();
}

void Ledger::apply(Commit commit, bool in_collections) {
    tokens_.push_back(commit.token);
    if (tokens_.size() > kept_tokens) {
        tokens_.pop_front();
    }
    {
        const MutexLock lock(state_mutex_);
        state_.apply(commit);
    }
    pending_ = std::move(commit);
    if (in_collections) {
        announce(*pending_);
        pending_.reset();
    } else {
        complete_pending();
    }
}

void Ledger::announce(const Commit& commit) {
    std::vector<RecordPtr> appended;
    appended.reserve(commit.events.size());
    for (const auto& event : commit.events) {
        appended.push_back(event.record);
    }
    cache_.append(appended);
    for (const std::int64_t position : commit.removed) {
        cache_.remove(position);
    }
    events_ += static_cast<std::int64_t>(commit.events.size()) -
               static_cast<std::int64_t>(commit.removed.size());
    watch_.set(commit.position);
    next_number_ = commit.number + 1;
    mutex_.wake();
    watch_.notify();
    if (commit.number % trimmed_at_once == 0) {
        trimmable_.emplace_back(time_since_boot(), commit.number);
    }
}

bool Ledger::is_ours(const Commit& commit) {
    const std::string found = commit_at(commit.number, true);
    return View(found).text("token") == commit.token;
}

Ledger::Outcome Ledger::store(Commit commit) {
    if (!can_trust_state()) {
        const std::int64_t seen = own_state_->seen;
        catch_up();
        if (own_state_->seen != seen) {
            return Outcome::number_taken;
        }
    }
    const std::string document = encode(commit);
    const nanoseconds began = time_since_boot();
    bool inserted = false;
    try {
        inserted = server_.insert(commits_collection, {document}).empty();
    } catch (const ServerError& error) {
        if (error.kind() != ServerError::Kind::unreachable) {
            throw;
        }
    }
    // The answer may have been lost, or be that to the driver's own second try. Who has the number
    // is what counts.
    if (!inserted && !is_ours(commit)) {
        return Outcome::number_taken;
    }
    if (!can_trust_state()) {
        // It slept over the insertion: the number may have been another's, used and trimmed. Then
        // nobody will read this commit.
        reload();
        throw ServerError(ServerError::Kind::unreachable,
                          "this process slept while it stored a commit in " + server_.location() +
                              "; whether it is stored is not known");
    }
    confirmed_ = began;
    apply(std::move(commit), false);
    return Outcome::stored;
}

bool Ledger::has_applied(const std::string& token) const {
    return std::ranges::find(tokens_, token) != tokens_.end();
}

void Ledger::trim_old() {
    constexpr std::chrono::hours day{24};
    const auto before = std::chrono::floor<milliseconds>(std::chrono::system_clock::now() - day);
    const std::int64_t last = own_state_->seen - kept_commits;
    server_.erase(commits_collection, bson([&](BsonWriter& writer) {
                      writer.begin_document("_id");
                      writer.int64("$lte", last);
                      writer.end();
                      writer.begin_document("stored_at");
                      writer.date("$lt", before.time_since_epoch().count());
                      writer.end();
                  }));
}

void Ledger::trim() {
    const nanoseconds now = time_since_boot();
    std::int64_t last = 0;
    while (!trimmable_.empty() && now - trimmable_.front().first > retention &&
           trimmable_.front().second <= own_state_->seen - kept_commits) {
        last = trimmable_.front().second;
        trimmable_.pop_front();
    }
    if (last > 0) {
        server_.erase(commits_collection, bson([&](BsonWriter& writer) {
                          writer.begin_document("_id");
                          writer.int64("$lte", last);
                          writer.end();
                      }));
    }
}

bool Ledger::wait_until_projected(std::int64_t number) {
    const auto end = std::chrono::steady_clock::now() + takeover_delay;
    for (milliseconds pause{2};; pause = std::min(pause * 2, longest_poll)) {
        if (projected(server_) >= number) {
            return true;
        }
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(pause);
    }
}

void Ledger::put_into_collections(const Commit& commit) {
    const ProjectionGuard projecting(*this);
    try {
        project(commit, *own_state_, server_);
    } catch (const ServerError& error) {
        if (error.kind() != ServerError::Kind::rejected) {
            throw;
        }
        // The commit is stored. If this were reported as a rejection of it, the caller would
        // publish again and see its own events as duplicates.
        throw ServerError(ServerError::Kind::unreachable,
                          "commit " + std::to_string(commit.number) + " is stored in " +
                              server_.location() + ", but its parts are rejected: " + error.what());
    }
}

}  // namespace quipu::mongo
