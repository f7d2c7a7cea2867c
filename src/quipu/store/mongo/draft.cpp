// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/draft.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "quipu/event/id.hpp"
#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/field_sets.hpp"
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

std::optional<Parked> Draft::parked(const std::string& group, std::int64_t position) {
    const auto found = parked_.find({group, position});
    return found != parked_.end() ? found->second : stored_parked(server_, group, position);
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
            !this->parked(parked.group, parked.position)) {
            return fail(ErrorCode::conflict, "group " + parked.group + " has nothing parked at " +
                                                 std::to_string(parked.position) +
                                                 ": it was handled or removed already");
        }
    }
    return {};
}

Result<void> Draft::check_damage(const Transaction& rest) const {
    if (state_.damaged.contains(rest.group)) {
        return std::unexpected(damaged_group(rest.group));
    }
    for (const Parked& parked : rest.park) {
        if (state_.damaged.contains(parked.group)) {
            return std::unexpected(damaged_group(parked.group));
        }
    }
    return {};
}

Result<void> Draft::check(const Transaction& rest) {
    if (auto sound = check_damage(rest); !sound) {
        return sound;
    }
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
    if (auto letters = check_letters(rest); !letters) {
        return letters;
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

Result<DeadLetter> Draft::letter(std::int64_t id) {
    if (const auto changed = letters_.find(id); changed != letters_.end()) {
        return changed->second;
    }
    const std::string found = server_.find_one(letters_collection, by_id(id));
    if (found.empty()) {
        return fail(ErrorCode::not_found, "there is no dead letter " + std::to_string(id));
    }
    return get_letter(View(found));
}

Result<void> Draft::check_letters(const Transaction& rest) {
    const auto requeued = [&](std::int64_t id) {
        const auto found = letter(id);
        return check_requeued(id, found ? std::optional(found->status) : std::nullopt);
    };
    for (const auto& each : rest.dead_letters) {
        if (each.id == 0) {
            continue;
        }
        if (auto sound = requeued(each.id); !sound) {
            return sound;
        }
    }
    for (const std::int64_t id : rest.resolved) {
        if (auto sound = requeued(id); !sound) {
            return sound;
        }
    }
    return {};
}

void Draft::write_letter(DeadLetter letter) {
    bytes_ += 512 + letter.record->body.size() + letter.error.size() + letter.note.size();
    for (const Attempt& attempt : letter.attempts) {
        bytes_ += 64 + attempt.error.size();
    }
    for (const DeadLetter::Step& step : letter.history) {
        bytes_ += 96 + step.decision.by.size() + step.decision.reason.size();
    }
    const std::int64_t id = letter.id;
    letters_.insert_or_assign(id, std::move(letter));
}

void Draft::add_letter(const DeadLetter& letter, std::vector<Parked>& park) {
    if (letter.id == 0) {
        DeadLetter fresh = letter;
        fresh.id = ++commit_.letter_id;
        fresh.status = DeadLetter::Status::open;
        fresh.history.clear();
        link_letter(park, letter, fresh.id);
        write_letter(std::move(fresh));
        return;
    }
    DeadLetter again = *this->letter(letter.id);  // check_letters has read it
    again.status = DeadLetter::Status::open;
    again.error = letter.error;
    again.attempts.insert(again.attempts.end(), letter.attempts.begin(), letter.attempts.end());
    again.failed_at = letter.failed_at;
    again.history.push_back(
        {.what = DeadLetter::Step::What::failed_again, .at = commit_.stored_at});
    link_letter(park, letter, letter.id);
    write_letter(std::move(again));
}

void Draft::resolve(std::int64_t id) {
    DeadLetter resolved = *letter(id);  // check_letters has read it
    resolved.status = DeadLetter::Status::resolved;
    resolved.history.push_back({.what = DeadLetter::Step::What::resolved, .at = commit_.stored_at});
    write_letter(std::move(resolved));
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
    std::vector<Parked> park = rest.park;
    for (const auto& letter : rest.dead_letters) {
        add_letter(letter, park);
    }
    for (const auto& parked : park) {
        add_parked(parked);
    }
    for (const std::int64_t id : rest.resolved) {
        resolve(id);
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
    for (const auto& [id, letter] : letters_) {
        commit_.letters.push_back({.id = id, .document = bson([&](BsonWriter& writer) {
                                                 writer.int64("_id", letter.id);
                                                 writer.int64("commit", commit_.number);
                                                 put_letter(writer, letter);
                                             })});
    }
    return std::move(commit_);
}

std::optional<Draft::Known> Draft::stored_before(const PreparedAppend& append) {
    const Record& record = *append.record;
    if (const auto found = ids_.find(record.event_id); found != ids_.end()) {
        const Record& earlier = *commit_.events[found->second].record;
        return Known{.answer = {.position = earlier.position,
                                .sequence = earlier.sequence,
                                .duplicate = true},
                     .event_type = earlier.event_type,
                     .body = earlier.body};
    }
    if (state_.recent_ids.certainly_new(append.image.event_id)) {
        return std::nullopt;
    }
    for (const char* collection : {events_collection, archive_collection}) {
        if (collection == archive_collection && !state_.any_archived) {
            break;
        }
        const std::string found =
            server_.find_one(collection, by_text("event_id", record.event_id));
        if (!found.empty()) {
            const View view(found);
            return Known{.answer = {.position = view.integer("_id"),
                                    .sequence = view.integer("sequence"),
                                    .duplicate = true},
                         .event_type = view.string("event_type"),
                         .body = view.string("body")};
        }
    }
    return std::nullopt;
}

Result<std::vector<std::optional<Appended>>> Draft::check(
    const std::vector<PreparedAppend>& appends) {
    std::vector<std::optional<Appended>> known(appends.size());
    std::unordered_map<std::string_view, const Record*> ids;
    std::unordered_map<std::string_view, std::int64_t> sequences;
    for (std::size_t i = 0; i < appends.size(); ++i) {
        const Record& record = *appends[i].record;
        if (const auto before = stored_before(appends[i])) {
            if (before->event_type != record.event_type || before->body != record.body) {
                return std::unexpected(other_content(record));
            }
            known[i] = before->answer;
            continue;
        }
        const auto [twin, first] = ids.try_emplace(record.event_id, &record);
        if (!first) {
            if (twin->second->event_type != record.event_type ||
                twin->second->body != record.body) {
                return std::unexpected(other_content(record));
            }
            continue;
        }
        if (record.aggregate_id.empty()) {
            continue;
        }
        const auto [sequence, fresh] = sequences.try_emplace(record.aggregate_id, 0);
        if (fresh) {
            sequence->second = head(record.aggregate_id);
        }
        if (appends[i].expected_sequence && *appends[i].expected_sequence != sequence->second) {
            return std::unexpected(other_sequence(appends[i], sequence->second));
        }
        ++sequence->second;
    }
    return known;
}

Appended Draft::append(const PreparedAppend& append) {
    if (const auto twin = ids_.find(append.record->event_id); twin != ids_.end()) {
        const Record& earlier = *commit_.events[twin->second].record;
        return {.position = earlier.position, .sequence = earlier.sequence, .duplicate = true};
    }
    // The same wish may be checked again for a later commit, after this record was shared.
    const auto record = std::make_shared<Record>(*append.record);
    record->position = ++commit_.position;
    record->stored_at = commit_.stored_at;
    record->sequence = 0;
    if (!record->aggregate_id.empty()) {
        record->sequence = head(record->aggregate_id) + 1;
        heads_[record->aggregate_id] = record->sequence;
    }
    add_event(append, record);
    return {.position = record->position, .sequence = record->sequence};
}

void Draft::put_event(BsonWriter& writer, const PreparedAppend& append,
                      const Record& record) const {
    writer.int64("_id", record.position);
    writer.int64("commit", commit_.number);
    const std::string fields = with_members_ ? std::string() : only_fields(append.members);
    put_record(writer, record, append.image, with_members_ ? append.members : fields);
}

void Draft::add_event(const PreparedAppend& append, RecordPtr record) {
    ids_.emplace(record->event_id, commit_.events.size());
    auto document = bson([&](BsonWriter& writer) { put_event(writer, append, *record); });
    bytes_ += document.size();
    commit_.events.push_back({.record = std::move(record), .document = std::move(document)});
}

void Draft::open_group(const std::string& group, bool from_earliest) {
    if (known(group)) {
        return;
    }
    IntervalSet& set = finished_of(group);
    if (!from_earliest) {
        set.add(1, commit_.position);
        return;
    }
    for (const auto& [first, last] : state_.removed.ranges()) {
        set.add(first, last);
    }
}

Result<DeadLetter> Draft::open_letter(std::int64_t id) {
    auto found = letter(id);
    if (found && found->status != DeadLetter::Status::open) {
        return fail(ErrorCode::conflict, "dead letter " + std::to_string(id) + " is " +
                                             to_string(found->status) + " already");
    }
    return found;
}

Result<Parked> Draft::retry_now(const std::string& group, std::int64_t position) {
    auto entry = parked(group, position);
    if (auto allowed = check_retry(entry, group, position); !allowed) {
        return std::unexpected(std::move(allowed.error()));
    }
    entry->due_at = commit_.stored_at;
    add_parked(*entry);
    return *std::move(entry);
}

Result<DeadLetter> Draft::requeue(std::int64_t id, Decision decision) {
    auto letter = open_letter(id);
    if (!letter) {
        return letter;
    }
    const Record& record = *letter->record;
    const std::string event = server_.find_one(events_collection, by_id(record.position));
    if (View(event).text("event_id") != record.event_id) {
        return fail(ErrorCode::conflict, "dead letter " + std::to_string(id) +
                                             " cannot be handled again: its event was taken out "
                                             "of the log");
    }
    add_parked({.group = letter->group,
                .position = record.position,
                .key = record.key,
                .due_at = commit_.stored_at,
                .attempts = {},
                .source = letter->source,
                .letter = id});
    letter->status = DeadLetter::Status::requeued;
    letter->history.push_back({.what = DeadLetter::Step::What::requeued,
                               .at = commit_.stored_at,
                               .decision = std::move(decision)});
    write_letter(*letter);
    letter->holds_key = !record.key.empty();
    return letter;
}

Result<DeadLetter> Draft::discard(std::int64_t id, Decision decision) {
    auto letter = open_letter(id);
    if (!letter) {
        return letter;
    }
    const std::int64_t position = letter->record->position;
    if (const auto entry = parked(letter->group, position); entry && entry->letter == id) {
        parked_[{letter->group, position}].reset();
    }
    letter->status = DeadLetter::Status::discarded;
    letter->note = decision.reason;
    letter->history.push_back({.what = DeadLetter::Step::What::discarded,
                               .at = commit_.stored_at,
                               .decision = std::move(decision)});
    write_letter(*letter);
    return letter;
}

void Draft::remove(const Record& record) {
    commit_.removed.push_back(record.position);
    if (!record.aggregate_id.empty() && head(record.aggregate_id) == record.sequence) {
        // Sequences are never given out twice: the head outlives the events.
        commit_.heads.push_back({.aggregate = record.aggregate_id, .sequence = record.sequence});
    }
}

Result<void> Draft::archive(std::string_view event_id, std::string_view deleted_by,
                            std::string_view reason) {
    const std::string name = event_name(std::string(event_id));
    const std::string found = server_.find_one(events_collection, by_text("event_id", event_id));
    if (found.empty()) {
        if (!server_.find_one(archive_collection, by_text("event_id", event_id)).empty()) {
            return fail(ErrorCode::conflict, name + " is in the archive already");
        }
        return fail(ErrorCode::not_found, "there is no " + name + " in the log");
    }
    const View event(found);
    Record record;
    record.position = event.integer("_id");
    record.aggregate_id = event.string("aggregate_id");
    record.sequence = event.integer("sequence");
    commit_.archived.push_back({.position = record.position,
                                .document = bson([&](BsonWriter& writer) {
                                    writer.int64("_id", record.position);
                                    writer.int64("commit", commit_.number);
                                    event.elements([&](std::string_view key, std::string_view raw) {
                                        if (key != "_id" && key != "commit") {
                                            writer.element(raw);
                                        }
                                    });
                                    put_removal(writer, commit_.stored_at, deleted_by, reason);
                                })});
    remove(record);
    for (const auto& [group, set] : state_.groups) {
        // A damaged group's documents stay as they are, for whoever looks into the damage.
        if (!state_.damaged.contains(group) && !set.contains(record.position)) {
            finished_of(group).add(record.position, record.position);
        }
    }
    for (const auto& group : stored_parked_groups(server_, record.position)) {
        parked_[{group, record.position}].reset();
    }
    return {};
}

Result<void> Draft::restore(const PreparedRestore& prepared) {
    if (!with_members_ && prepared.events.size() + prepared.archived.size() > 1) {
        // Too long together, or one of them has members that the server does not take. The others
        // shall keep theirs.
        return fail(ErrorCode::limit,
                    "a batch is more than one document of MongoDB takes (16 MiB), or the server "
                    "refuses an event of it; split it");
    }
    const RestoreCheck check(state_, server_,
                             [this](const std::string& aggregate) { return head(aggregate); });
    auto holes = check.holes_of(prepared);
    if (!holes) {
        return std::unexpected(std::move(holes.error()));
    }
    const RestoreBatch& batch = prepared.batch;
    commit_.holes = *std::move(holes);
    bytes_ += 64 * commit_.holes.size();
    for (const PreparedAppend& append : prepared.events) {
        if (!append.record->aggregate_id.empty()) {
            heads_[append.record->aggregate_id] = append.record->sequence;
        }
        commit_.position = append.record->position;
        add_event(append, append.record);
    }
    commit_.position = std::max(commit_.position, batch.last_position);
    for (std::size_t i = 0; i < batch.archived.size(); ++i) {
        const ArchivedRecord& archived = batch.archived[i];
        auto document = bson([&](BsonWriter& writer) {
            put_event(writer, prepared.archived[i], archived.record);
            put_removal(writer, archived.deleted_at, archived.deleted_by, archived.reason);
        });
        bytes_ += document.size();
        commit_.archived.push_back(
            {.position = archived.record.position, .document = std::move(document)});
    }
    restore_state(batch);
    return {};
}

void Draft::restore_state(const RestoreBatch& batch) {
    for (const AggregateHead& given : batch.heads) {
        if (head(given.aggregate_id) < given.sequence) {
            heads_[given.aggregate_id] = given.sequence;
            commit_.heads.push_back({.aggregate = given.aggregate_id, .sequence = given.sequence});
            bytes_ += 64 + given.aggregate_id.size();
        }
    }
    for (const auto& [collection, document] : batch.documents) {
        write_document({.collection = collection,
                        .key = document.key,
                        .revision = document.revision,
                        .body = document.body});
    }
    commit_.erased_revision = std::max(commit_.erased_revision, batch.erased_revision);
    for (const GroupPosition& group : batch.groups) {
        IntervalSet& set = finished_of(group.group);
        if (group.position > 0) {
            set.add(1, group.position);
        }
        for (const std::int64_t above : group.finished_above) {
            set.add(above, above);
        }
        bytes_ += 64 * (1 + set.ranges().size());
    }
    for (const Parked& parked : batch.parked) {
        add_parked(parked);
    }
    for (const DeadLetter& letter : batch.dead_letters) {
        commit_.letter_id = std::max(commit_.letter_id, letter.id);
        write_letter(letter);
    }
}

}  // namespace quipu::mongo
