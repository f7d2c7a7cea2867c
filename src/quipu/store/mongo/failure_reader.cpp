// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/failure_reader.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/lookup.hpp"
#include "quipu/store/mongo/projection.hpp"
#include "quipu/store/mongo/records.hpp"

namespace quipu::mongo {
namespace {

void put_above(BsonWriter& writer, const char* name, std::int64_t value) {
    writer.begin_document(name);
    writer.int64("$gt", value);
    writer.end();
}

}  // namespace

std::vector<Parked> FailureReader::find_parked(std::string_view filter, const char* order,
                                               std::size_t limit) {
    std::vector<Parked> found;
    if (limit == 0) {
        return found;
    }
    const std::string options = bson([&](BsonWriter& writer) { sorted_by(writer, order); });
    server_.find(parked_collection, filter, options, [&](View view) {
        found.push_back(get_parked(view));
        return found.size() < limit;
    });
    return found;
}

std::vector<Parked> FailureReader::parked(const std::string& group, std::int64_t after,
                                          std::size_t limit) {
    return find_parked(bson([&](BsonWriter& writer) {
                           put_text(writer, "group", group);
                           put_above(writer, "position", after);
                       }),
                       "position", limit);
}

std::vector<Parked> FailureReader::parked_of_key(const std::string& group, const std::string& key,
                                                 std::int64_t after, std::size_t limit) {
    return find_parked(bson([&](BsonWriter& writer) {
                           put_text(writer, "group", group);
                           put_text(writer, "key", key);
                           put_above(writer, "position", after);
                       }),
                       "position", limit);
}

std::vector<std::int64_t> FailureReader::still_parked(const std::string& group,
                                                      const std::vector<std::int64_t>& positions) {
    std::vector<std::int64_t> found;
    const std::string filter = bson([&](BsonWriter& writer) {
        writer.begin_document("_id");
        writer.begin_list("$in");
        for (const std::int64_t position : positions) {
            writer.text({}, parked_id(group, position));
        }
        writer.end();
        writer.end();
    });
    server_.find(parked_collection, filter, {}, [&](View view) {
        if (!is_tombstone(view)) {
            found.push_back(view.integer("position"));
        }
        return true;
    });
    std::ranges::sort(found);
    return found;
}

ParkedChanges FailureReader::parked_changes(const std::string& group, std::int64_t since) {
    constexpr std::size_t page = 500;
    // What was stored by now is found, or was written again since and has a higher number.
    ParkedChanges changes{.entries = {}, .next = projected(server_), .more = false};
    if (changes.next <= since) {
        changes.next = since;
        return changes;
    }
    // A commit beyond it may be there in part only.
    const std::string filter = bson([&](BsonWriter& writer) {
        put_text(writer, "group", group);
        writer.begin_document("commit");
        writer.int64("$gt", since);
        writer.int64("$lte", changes.next);
        writer.end();
    });
    const std::string options = bson([](BsonWriter& writer) { sorted_by(writer, "commit"); });
    std::int64_t last = since;
    server_.find(parked_collection, filter, options, [&](View view) {
        const std::int64_t number = view.integer("commit");
        // A page ends between two commits, so that nothing of one is passed over.
        if (changes.entries.size() >= page && number != last) {
            changes.more = true;
            return false;
        }
        last = number;
        changes.entries.push_back(get_parked(view));
        return true;
    });
    if (changes.more) {
        changes.next = last;
    }
    return changes;
}

Result<std::vector<DeadLetter>> FailureReader::dead_letters(
    const std::string& group, std::optional<DeadLetter::Status> status, std::int64_t after_id,
    std::size_t limit) {
    std::vector<DeadLetter> found;
    std::optional<Error> damage;
    if (limit == 0) {
        return found;
    }
    const std::string filter = bson([&](BsonWriter& writer) {
        if (!group.empty()) {
            put_text(writer, "group", group);
        }
        if (status) {
            writer.text("status", to_string(*status));
        }
        writer.begin_document("_id");
        writer.int64("$gt", after_id);
        writer.end();
    });
    const std::string options = bson([](BsonWriter& writer) { sorted_by(writer, "_id"); });
    server_.find(letters_collection, filter, options, [&](View view) {
        auto letter = get_letter(view);
        if (letter) {
            found.push_back(*std::move(letter));
        } else {
            damage = std::move(letter.error());
        }
        return !damage && found.size() < limit;
    });
    if (damage) {
        return std::unexpected(*std::move(damage));
    }
    find_held(found);
    return found;
}

void FailureReader::find_held(std::vector<DeadLetter>& letters) {
    std::map<std::int64_t, DeadLetter*> unsettled;
    for (DeadLetter& letter : letters) {
        if (letter.status == DeadLetter::Status::open ||
            letter.status == DeadLetter::Status::requeued) {
            unsettled.emplace(letter.id, &letter);
        }
    }
    if (unsettled.empty()) {
        return;
    }
    const std::string filter = bson([&](BsonWriter& writer) {
        writer.begin_document("_id");
        writer.begin_list("$in");
        for (const auto& [id, letter] : unsettled) {
            writer.text({}, parked_id(letter->group, letter->record->position));
        }
        writer.end();
        writer.end();
    });
    server_.find(parked_collection, filter, {}, [&](View view) {
        const auto letter = unsettled.find(view.integer("letter"));
        if (letter != unsettled.end() && !view.text("key").empty()) {
            letter->second->holds_key = true;
        }
        return true;
    });
}

Result<std::optional<DeadLetter>> FailureReader::dead_letter(std::int64_t id) {
    const std::string found = server_.find_one(letters_collection, by_id(id));
    if (found.empty()) {
        return std::nullopt;
    }
    auto letter = get_letter(View(found));
    if (!letter) {
        return std::unexpected(std::move(letter.error()));
    }
    std::vector<DeadLetter> one{*std::move(letter)};
    find_held(one);
    return std::move(one.front());
}

}  // namespace quipu::mongo
