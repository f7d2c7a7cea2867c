// SPDX-License-Identifier: Apache-2.0
#include "store/model.hpp"

#include <algorithm>

namespace quipu::test {

std::optional<Record> Model::stored(const std::string& event_id) const {
    for (const auto& [position, record] : log) {
        if (record.event_id == event_id) {
            return record;
        }
    }
    const auto found = archived.find(event_id);
    return found == archived.end() ? std::nullopt : std::optional(found->second);
}

bool Model::holds(const Transaction& transaction) const {
    for (const auto& guard : transaction.guards) {
        const auto found = documents.find({guard.collection, guard.key});
        if ((found == documents.end() ? 0 : found->second.revision) != guard.revision) {
            return false;
        }
    }
    for (const auto& position : transaction.finished) {
        if (position < 1 || position > last_ || !groups.contains(transaction.group) ||
            groups.at(transaction.group).contains(position) ||
            std::ranges::count(transaction.finished, position) > 1) {
            return false;
        }
    }
    for (const auto& [first, last] : transaction.finished_ranges) {
        if (last > last_ || !groups.contains(transaction.group)) {
            return false;
        }
    }
    for (const auto& each : transaction.unpark) {
        if (!parked.contains({each.group, each.position})) {
            return false;
        }
    }
    if (!settles_requeued(transaction)) {
        return false;
    }
    return std::ranges::all_of(transaction.park, [&](const Parked& each) {
        return groups.contains(each.group) && each.position <= last_;
    });
}

bool Model::settles_requeued(const Transaction& transaction) const {
    std::vector<std::int64_t> ids = transaction.resolved;
    for (const auto& letter : transaction.dead_letters) {
        if (letter.id != 0) {
            ids.push_back(letter.id);
        }
    }
    return std::ranges::all_of(ids, [&](std::int64_t id) {
        const auto found = letters.find(id);
        return found != letters.end() && found->second.status == DeadLetter::Status::requeued &&
               std::ranges::count(ids, id) == 1;
    });
}

Model::Change Model::commit(const Transaction& transaction, Time stored_at) {
    if (!holds(transaction)) {
        return fail(ErrorCode::conflict, "model");
    }
    Model next = *this;
    Committed committed;
    for (const auto& append : transaction.appends) {
        const auto before = next.stored(append.record.event_id);
        if (before) {
            if (before->event_type != append.record.event_type ||
                before->body != append.record.body) {
                return fail(ErrorCode::conflict, "model");
            }
            committed.appended.push_back({before->position, before->sequence, true});
            continue;
        }
        Record record = append.record;
        auto& sequence = next.sequences_[record.aggregate_id];
        if (append.expected_sequence && *append.expected_sequence != sequence) {
            return fail(ErrorCode::conflict, "model");
        }
        record.position = ++next.last_;
        record.sequence = record.aggregate_id.empty() ? 0 : ++sequence;
        record.stored_at = stored_at;
        committed.appended.push_back({record.position, record.sequence, false});
        next.log.emplace(record.position, std::move(record));
    }
    for (const auto& change : transaction.documents) {
        const auto found = next.documents.find({change.collection, change.key});
        if (change.body) {
            const std::int64_t revision = found == next.documents.end()
                                              ? next.erased_revision_ + 1
                                              : found->second.revision + 1;
            next.documents.insert_or_assign({change.collection, change.key},
                                            Document{change.key, *change.body, revision});
        } else if (found != next.documents.end()) {
            next.erased_revision_ = std::max(next.erased_revision_, found->second.revision);
            next.documents.erase(found);
        }
    }
    for (const auto& position : transaction.finished) {
        next.groups[transaction.group].insert(position);
    }
    for (const auto& [first, last] : transaction.finished_ranges) {
        for (auto position = first; position <= last; ++position) {
            next.groups[transaction.group].insert(position);
        }
    }
    for (const auto& each : transaction.unpark) {
        next.parked.erase({each.group, each.position});
    }
    for (const auto& each : transaction.park) {
        next.parked.insert_or_assign({each.group, each.position}, each);
    }
    next.settle(transaction, stored_at);
    *this = std::move(next);
    return committed;
}

void Model::open_group(const std::string& group, bool from_earliest) {
    if (groups.contains(group)) {
        return;
    }
    auto& finished = groups[group] = removed_;
    for (std::int64_t position = 1; !from_earliest && position <= last_; ++position) {
        finished.insert(position);
    }
}

void Model::settle(const Transaction& transaction, Time stored_at) {
    using Step = DeadLetter::Step;
    for (const auto& each : transaction.dead_letters) {
        std::int64_t id = each.id;
        if (id == 0) {
            id = static_cast<std::int64_t>(letters.size()) + 1;
            letters.emplace(id, each).first->second.id = id;
        } else {
            DeadLetter& letter = letters.at(id);
            letter.status = DeadLetter::Status::open;
            letter.error = each.error;
            letter.failed_at = each.failed_at;
            letter.attempts.insert(letter.attempts.end(), each.attempts.begin(),
                                   each.attempts.end());
            letter.history.push_back({.what = Step::What::failed_again, .at = stored_at});
        }
        const bool beside = std::ranges::any_of(transaction.park, [&](const Parked& entry) {
            return entry.group == each.group && entry.position == each.record->position;
        });
        if (beside) {
            parked.at({each.group, each.record->position}).letter = id;
        }
    }
    for (const std::int64_t id : transaction.resolved) {
        letters.at(id).status = DeadLetter::Status::resolved;
        letters.at(id).history.push_back({.what = Step::What::resolved, .at = stored_at});
    }
}

bool Model::holds_key(const DeadLetter& letter) const {
    const auto entry = parked.find({letter.group, letter.record->position});
    return letter.status <= DeadLetter::Status::requeued && entry != parked.end() &&
           entry->second.letter == letter.id && !entry->second.key.empty();
}

bool Model::requeue(std::int64_t id, const Decision& decision, Time time) {
    const auto found = letters.find(id);
    if (found == letters.end() || found->second.status != DeadLetter::Status::open ||
        !log.contains(found->second.record->position)) {
        return false;
    }
    DeadLetter& letter = found->second;
    letter.status = DeadLetter::Status::requeued;
    letter.history.push_back(
        {.what = DeadLetter::Step::What::requeued, .at = time, .decision = decision});
    parked.insert_or_assign({letter.group, letter.record->position},
                            Parked{.group = letter.group,
                                   .position = letter.record->position,
                                   .key = letter.record->key,
                                   .due_at = time,
                                   .letter = id});
    return true;
}

bool Model::discard(std::int64_t id, const Decision& decision, Time time) {
    const auto found = letters.find(id);
    if (found == letters.end() || found->second.status != DeadLetter::Status::open) {
        return false;
    }
    DeadLetter& letter = found->second;
    letter.status = DeadLetter::Status::discarded;
    letter.note = decision.reason;
    letter.history.push_back(
        {.what = DeadLetter::Step::What::discarded, .at = time, .decision = decision});
    const auto entry = parked.find({letter.group, letter.record->position});
    if (entry != parked.end() && entry->second.letter == id) {
        parked.erase(entry);
    }
    return true;
}

std::size_t Model::purge(Time time) {
    return std::erase_if(log, [&](const auto& entry) {
        const auto& [position, record] = entry;
        const bool finished = std::ranges::all_of(
            groups, [&](const auto& group) { return group.second.contains(position); });
        const bool kept =
            std::ranges::any_of(parked,
                                [&](const auto& each) { return each.first.second == position; }) ||
            std::ranges::any_of(letters, [&](const auto& each) {
                return each.second.status == DeadLetter::Status::open &&
                       each.second.record->position == position;
            });
        const bool goes = record.expires_at && *record.expires_at <= time && finished && !kept;
        if (goes) {
            removed_.insert(position);
        }
        return goes;
    });
}

bool Model::archive(const std::string& event_id) {
    for (const auto& [position, record] : log) {
        if (record.event_id == event_id) {
            const auto at = position;
            archived.emplace(event_id, record);
            removed_.insert(at);
            for (auto& [name, finished] : groups) {
                finished.insert(at);
            }
            std::erase_if(parked, [&](const auto& each) { return each.first.second == at; });
            log.erase(at);
            return true;
        }
    }
    return false;
}

}  // namespace quipu::test
