// SPDX-License-Identifier: Apache-2.0
// How what a commit says gets into the collections, by its writer or by others.
//
// On a server whose updates are not atomic a process that is late with an old commit may overwrite
// what a newer one said. Commits themselves are only ever inserted, so what they said is never
// lost: such a process brings the newer ones in again, and one that starts does so with the last
// ones.
#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/ledger.hpp"
#include "quipu/store/mongo/projection.hpp"

namespace quipu::mongo {
namespace {

using std::chrono::milliseconds;

/// How long the writer of a commit may take to bring it into the collections before others do it.
constexpr milliseconds grace{300};
/// The same where two that do it at once may undo each other's work.
constexpr milliseconds long_grace{3000};
constexpr milliseconds longest_look{32};
/// Refused parts of a commit are tried again for about 1.3 seconds.
constexpr milliseconds longest_pause{640};
// What a process that has just ended may have undone.
constexpr std::int64_t mended_commits = 64;
constexpr std::chrono::minutes mended_time{1};

std::vector<std::int64_t> young_commits(Server& server, std::int64_t last) {
    const auto since =
        std::chrono::floor<milliseconds>(std::chrono::system_clock::now()) - mended_time;
    const std::string filter = bson([&](BsonWriter& writer) {
        writer.begin_document("_id");
        writer.int64("$gt", last - mended_commits);
        writer.int64("$lte", last);
        writer.end();
        writer.begin_document("stored_at");
        writer.date("$gte", since.time_since_epoch().count());
        writer.end();
    });
    const std::string options = bson([](BsonWriter& writer) {
        writer.begin_document("projection");
        writer.int32("_id", 1);
        writer.end();
    });
    std::vector<std::int64_t> numbers;
    server.find(commits_collection, filter, options, [&](View document) {
        numbers.push_back(document.integer("_id"));
        return true;
    });
    std::ranges::sort(numbers);
    return numbers;
}

}  // namespace

bool Ledger::wait_until_projected(std::int64_t number) {
    const auto end =
        std::chrono::steady_clock::now() + (server_.updates_are_atomic() ? grace : long_grace);
    for (milliseconds pause{2};; pause = std::min(pause * 2, longest_look)) {
        if (projected(server_) >= number) {
            return true;
        }
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(pause);
    }
}

/// What is stored is no refusal, so a server's refusal of a commit's parts is none of the commit:
/// told as one, its events would be tried again and answered as duplicates of themselves. Some
/// refusals are of a moment: FerretDB answers "internal error" for whatever its database did not
/// take.
void Ledger::bring_into_collections(const Commit& commit, const State& state) {
    for (milliseconds pause{10};; pause *= 2) {
        try {
            late_ = project(commit, state, server_) || late_;
            break;
        } catch (const Failure& failure) {
            late_ = true;  // what it has written is not known
            if (failure.kind() != Failure::Kind::refused) {
                throw;
            }
            if (pause > longest_pause) {
                throw Failure(Failure::Kind::unreachable,
                              "commit " + std::to_string(commit.number) + " is stored in " +
                                  server_.location() +
                                  ", but its parts are refused: " + failure.what());
            }
        }
        std::this_thread::sleep_for(pause);
    }
    if (late_ && !server_.updates_are_atomic()) {
        // The next one may be on its way into the collections.
        const std::int64_t newest = projected(server_);
        const bool next = !commit_at(newest + 1, false).empty();
        unsure_ = std::max(unsure_, next ? newest + 1 : newest);
    }
    late_ = false;
}

void Ledger::mend(State& state) {
    if (server_.updates_are_atomic()) {
        return;
    }
    for (const std::int64_t number : young_commits(server_, state.seen)) {
        const std::string found = commit_at(number, true);
        if (found.empty()) {
            continue;
        }
        // One that is damaged was brought in when it was sound.
        if (const auto commit = decode_commit(found)) {
            state.apply(*commit);
            bring_into_collections(*commit, state);
        }
    }
}

}  // namespace quipu::mongo
