// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/ledger.hpp"

#include <time.h>

#include <algorithm>
#include <utility>

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

}  // namespace

Ledger::Ledger(Server& server, TailCache& cache, LogWatch& watch)
    : server_(server), cache_(cache), watch_(watch) {}

void Ledger::open() {
    const Order held = order();
    reload();
    catch_up(held);
    trim_old();  // programs that run for a short time never trim what they wrote
}

void Ledger::reload() {
    const nanoseconds began = time_since_boot();
    State state = load_state(server_);
    mend(state);
    const std::scoped_lock lock(state_mutex_);
    pending_.reset();
    state_ = std::move(state);
    confirmed_ = began;
    next_ = state_.seen + 1;
    events_ = state_.last_position - state_.removed.count(1, state_.last_position);
    cache_.begin(state_.last_position);
    watch_.set(state_.last_position);
    watch_.notify();
}

bool Ledger::fresh() const {
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
        throw Damage({ErrorCode::corrupt, "commit " + std::to_string(number) +
                                              " does not read back as it was written: the database "
                                              "is damaged; restore it from a backup"});
    }
    return *std::move(commit);
}

bool Ledger::orphaned() {
    return !commit_at(next_.load(), false).empty();
}

bool Ledger::has_next(const Order&) {
    return !commit_at(state_.seen + 1, false).empty();
}

bool Ledger::refresh() {
    const std::int64_t newest = projected(server_);
    const auto seen = [&] { return newest < next_.load(); };
    if (seen()) {
        return false;
    }
    if (order_.lock_unless(seen)) {
        catch_up(Order(order_, std::adopt_lock));
    }
    return true;
}

void Ledger::catch_up(const Order& order) {
    settle(order);
    for (;;) {
        const nanoseconds began = time_since_boot();
        if (!fresh() && projected(server_) > state_.seen) {
            reload();  // it slept so long that what it has not seen may be gone
        }
        const std::string found = commit_at(state_.seen + 1, true);
        if (found.empty()) {
            confirmed_ = began;
            return;
        }
        Commit commit = decoded(found, state_.seen + 1);
        const bool done = commit.number > unsure_ && wait_until_projected(commit.number);
        adopt(order, std::move(commit), done);
    }
}

/// Marks the time in which the collections hold a part of a commit.
class Ledger::Projecting {
  public:
    explicit Projecting(Ledger& ledger) : ledger_(ledger) {
        const std::scoped_lock lock(ledger_.projecting_mutex_);
        ledger_.projecting_ = true;
    }
    ~Projecting() {
        {
            const std::scoped_lock lock(ledger_.projecting_mutex_);
            ledger_.projecting_ = false;
            ++ledger_.projections_;
        }
        ledger_.projected_.notify_all();
    }
    Projecting(const Projecting&) = delete;
    Projecting& operator=(const Projecting&) = delete;

  private:
    Ledger& ledger_;
};

void Ledger::steady() {
    std::unique_lock lock(projecting_mutex_);
    const std::uint64_t now = projections_;
    projected_.wait_for(lock, std::chrono::seconds(5),
                        [&] { return !projecting_ || projections_ != now; });
}

void Ledger::settle(const Order&) {
    if (!pending_) {
        return;
    }
    if (!fresh()) {
        reload();
        return;
    }
    {
        const Projecting projecting(*this);
        bring_into_collections(*pending_, state_);
    }
    publish(*pending_);
}

void Ledger::adopt(const Order& order, Commit commit, bool projected) {
    tokens_.push_back(commit.token);
    if (tokens_.size() > kept_tokens) {
        tokens_.pop_front();
    }
    {
        const std::scoped_lock lock(state_mutex_);
        state_.apply(commit);
        pending_ = std::move(commit);
    }
    if (projected) {
        publish(*pending_);
    } else {
        settle(order);
    }
}

void Ledger::publish(const Commit& commit) {
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
    next_ = commit.number + 1;
    order_.wake();
    watch_.notify();
    if (commit.number % trimmed_at_once == 0) {
        old_.emplace_back(time_since_boot(), commit.number);
    }
    pending_.reset();
}

bool Ledger::is_ours(const Commit& commit) {
    const std::string found = commit_at(commit.number, true);
    return View(found).text("token") == commit.token;
}

Ledger::Outcome Ledger::store(const Order& order, Commit commit) {
    if (!fresh()) {
        const std::int64_t seen = state_.seen;
        catch_up(order);
        if (state_.seen != seen) {
            return Outcome::taken;
        }
    }
    const std::string document = encode(commit);
    const nanoseconds began = time_since_boot();
    bool inserted = false;
    try {
        inserted = server_.insert(commits_collection, {document}, true).empty();
    } catch (const Failure& failure) {
        if (failure.kind() != Failure::Kind::unreachable) {
            throw;
        }
    }
    // The answer may have been lost, or be that to the driver's own second try. Who has the number
    // is what counts.
    if (!inserted && !is_ours(commit)) {
        return Outcome::taken;
    }
    if (!fresh()) {
        // It slept over the insertion: the number may have been another's, used and trimmed. Then
        // nobody will read this commit.
        reload();
        throw Failure(Failure::Kind::unreachable,
                      "this process slept while it stored a commit in " + server_.location() +
                          "; whether it is stored is not known");
    }
    confirmed_ = began;
    adopt(order, std::move(commit), false);
    return Outcome::stored;
}

bool Ledger::adopted(const Order&, const std::string& token) const {
    return std::ranges::find(tokens_, token) != tokens_.end();
}

void Ledger::trim_old() {
    constexpr std::chrono::hours day{24};
    const auto before = std::chrono::floor<milliseconds>(std::chrono::system_clock::now() - day);
    server_.erase(commits_collection, bson([&](BsonWriter& writer) {
                      writer.begin_document("_id");
                      writer.int64("$lte", state_.seen - kept_commits);
                      writer.end();
                      writer.begin_document("stored_at");
                      writer.date("$lt", before.time_since_epoch().count());
                      writer.end();
                  }));
}

void Ledger::trim(const Order&) {
    const nanoseconds now = time_since_boot();
    std::int64_t last = 0;
    while (!old_.empty() && now - old_.front().first > retention &&
           old_.front().second <= state_.seen - kept_commits) {
        last = old_.front().second;
        old_.pop_front();
    }
    if (last > 0) {
        server_.erase(commits_collection, bson([&](BsonWriter& writer) {
                          writer.begin_document("_id");
                          writer.int64("$lte", last);
                          writer.end();
                      }));
    }
}

}  // namespace quipu::mongo
