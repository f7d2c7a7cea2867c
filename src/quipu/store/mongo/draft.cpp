// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/draft.hpp"

#include <algorithm>
#include <memory>
#include <set>

#include "quipu/event/id.hpp"
#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/lookup.hpp"
#include "quipu/store/mongo/records.hpp"

namespace quipu::mongo {

Draft::Draft(const State& state, Server& server, Time stored_at, bool with_members)
    : state_(state), server_(server), with_members_(with_members) {
    commit_.number = state.seen + 1;
    commit_.token = new_id();
    commit_.stored_at = stored_at;
    commit_.position = state.last_position;
    commit_.letter_id = state.letter_id;
    commit_.erased_revision = state.erased_revision;
}

bool Draft::known(const std::string& group) const {
    return state_.groups.contains(group) || finished_.contains(group);
}

bool Draft::finished(const std::string& group, std::int64_t position) const {
    const auto here = finished_.find(group);
    if (here != finished_.end() && here->second.contains(position)) {
        return true;
    }
    const auto found = state_.groups.find(group);
    return found != state_.groups.end() && found->second.contains(position);
}

std::int64_t Draft::revision(const std::string& collection, const std::string& key) {
    const std::string name = joined(collection, key);
    if (const auto found = documents_.find(name); found != documents_.end()) {
        const auto& write = commit_.documents[found->second];
        return write.body ? write.revision : 0;
    }
    if (const auto found = state_.revisions.find(name)) {
        return *found;
    }
    const std::int64_t stored = stored_revision(server_, name);
    state_.revisions.set(name, stored);
    return stored;
}

std::int64_t Draft::head(const std::string& aggregate) {
    if (const auto found = heads_.find(aggregate); found != heads_.end()) {
        return found->second;
    }
    if (const auto found = state_.heads.find(aggregate)) {
        return *found;
    }
    const std::int64_t stored = stored_head(server_, aggregate);
    state_.heads.set(aggregate, stored);
    return stored;
}

bool Draft::is_parked(const std::string& group, std::int64_t position) {
    const auto found = parked_.find({group, position});
    return found != parked_.end() ? found->second.has_value()
                                  : stored_parked(server_, group, position);
}

Result<void> Draft::check_parked(const Transaction& rest) {
    for (const auto& parked : rest.park) {
        if (parked.position < 1 || parked.position > commit_.position) {
            return fail(ErrorCode::invalid, "position " + std::to_string(parked.position) +
                                                " cannot be parked: the log ends at " +
                                                std::to_string(commit_.position));
        }
    }
    std::set<std::pair<std::string_view, std::int64_t>> seen;
    for (const auto& parked : rest.unpark) {
        if (!seen.emplace(parked.group, parked.position).second ||
            !is_parked(parked.group, parked.position)) {
            return fail(ErrorCode::conflict, "group " + parked.group + " has nothing parked at " +
                                                 std::to_string(parked.position) +
                                                 ": it was handled or removed already");
        }
    }
    return {};
}

Result<void> Draft::check(const Transaction& rest) {
    for (const auto& guard : rest.guards) {
        const std::int64_t now = revision(guard.collection, guard.key);
        if (now != guard.revision) {
            return fail(ErrorCode::conflict, "document " + guard.collection + "/" + guard.key +
                                                 " is at revision " + std::to_string(now) +
                                                 ", not at " + std::to_string(guard.revision) +
                                                 "; read it again and decide anew");
        }
    }
    if (auto fresh = check_groups(rest, *this, commit_.position); !fresh) {
        return fresh;
    }
    return check_parked(rest);
}

void Draft::change(const DocumentChange& change) {
    const std::int64_t before = revision(change.collection, change.key);
    if (!change.body && before == 0) {
        return;
    }
    Commit::DocumentWrite write{.collection = change.collection,
                                .key = change.key,
                                .revision = before,
                                .body = change.body};
    if (change.body) {
        write.revision = (before != 0 ? before : commit_.erased_revision) + 1;
    } else {
        commit_.erased_revision = std::max(commit_.erased_revision, before);
    }
    write_document(std::move(write));
}

void Draft::write_document(Commit::DocumentWrite write) {
    bytes_ += 128 + write.key.size() + (write.body ? write.body->size() : 0);
    const auto [at, fresh] =
        documents_.try_emplace(joined(write.collection, write.key), commit_.documents.size());
    if (fresh) {
        commit_.documents.push_back(std::move(write));
    } else {
        commit_.documents[at->second] = std::move(write);
    }
}

IntervalSet& Draft::finished_of(const std::string& group) {
    return finished_[group];
}

void Draft::finish(const Transaction& rest) {
    if (rest.finished.empty() && rest.finished_ranges.empty()) {
        return;
    }
    IntervalSet& set = finished_of(rest.group);
    for (const std::int64_t position : rest.finished) {
        set.add(position, position);
    }
    for (const auto& [first, last] : rest.finished_ranges) {
        set.add(first, last);
    }
    bytes_ += 64 * (1 + rest.finished.size() + rest.finished_ranges.size());
}

void Draft::add_parked(const Parked& parked) {
    parked_[{parked.group, parked.position}] = parked;
    bytes_ += 256;
    for (const auto& attempt : parked.attempts) {
        bytes_ += 64 + attempt.error.size();
    }
}

void Draft::add_letter(std::int64_t id, const DeadLetter& letter) {
    commit_.letters.push_back({.id = id, .document = bson([&](BsonWriter& writer) {
                                             writer.int64("_id", id);
                                             writer.int64("commit", commit_.number);
                                             put_letter(writer, letter);
                                         })});
    bytes_ += commit_.letters.back().document.size();
}

Result<Committed> Draft::add(const Prepared& prepared) {
    const Transaction& rest = prepared.rest;
    if (auto sound = check(rest); !sound) {
        return std::unexpected(std::move(sound.error()));
    }
    auto known = check(prepared.appends);
    if (!known) {
        return std::unexpected(std::move(known.error()));
    }
    Committed committed;
    committed.appended.reserve(prepared.appends.size());
    for (std::size_t i = 0; i < prepared.appends.size(); ++i) {
        committed.appended.push_back((*known)[i] ? *(*known)[i] : append(prepared.appends[i]));
    }
    for (const auto& each : rest.documents) {
        change(each);
    }
    finish(rest);
    for (const auto& parked : rest.unpark) {
        parked_[{parked.group, parked.position}].reset();
        bytes_ += 96;
    }
    for (const auto& parked : rest.park) {
        add_parked(parked);
    }
    for (const auto& letter : rest.dead_letters) {
        add_letter(++commit_.letter_id, letter);
    }
    return committed;
}

Commit Draft::finish() {
    for (auto& [group, set] : finished_) {
        auto& finished = commit_.finished.emplace_back();
        finished.group = group;
        finished.ranges.assign(set.ranges().begin(), set.ranges().end());
    }
    for (auto& [place, parked] : parked_) {
        if (parked) {
            commit_.parked.push_back(std::move(*parked));
        } else {
            commit_.unparked.push_back({.group = place.first, .position = place.second});
        }
    }
    return std::move(commit_);
}

}  // namespace quipu::mongo
