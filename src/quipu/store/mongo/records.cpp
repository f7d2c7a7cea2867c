// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/records.hpp"

#include <memory>
#include <utility>

namespace quipu::mongo {
namespace {

/// Far from where a position could overflow.
constexpr std::int64_t most_position = std::int64_t{1} << 62;

void put_attempts(BsonWriter& writer, const std::vector<Attempt>& attempts) {
    writer.begin_list("attempts");
    for (const auto& attempt : attempts) {
        writer.begin_document({});
        put_time(writer, "at", attempt.at);
        put_text(writer, "error", attempt.error);
        writer.end();
    }
    writer.end();
}

std::vector<Attempt> get_attempts(View document) {
    std::vector<Attempt> attempts;
    document.each("attempts", [&](View each) {
        attempts.push_back({.at = each.time("at_us"), .error = each.string("error")});
    });
    return attempts;
}

void put_history(BsonWriter& writer, const std::vector<DeadLetter::Step>& history) {
    writer.begin_list("history");
    for (const auto& step : history) {
        writer.begin_document({});
        writer.text("what", to_string(step.what));
        put_time(writer, "at", step.at);
        put_text(writer, "by", step.decision.by);
        put_text(writer, "reason", step.decision.reason);
        writer.end();
    }
    writer.end();
}

std::vector<DeadLetter::Step> get_history(View document) {
    using What = DeadLetter::Step::What;
    std::vector<DeadLetter::Step> history;
    document.each("history", [&](View each) {
        DeadLetter::Step& step = history.emplace_back();
        for (const auto what :
             {What::requeued, What::discarded, What::failed_again, What::resolved}) {
            if (each.text("what") == to_string(what)) {
                step.what = what;
            }
        }
        step.at = each.time("at_us");
        step.decision = {.by = each.string("by"), .reason = each.string("reason")};
    });
    return history;
}

Error damaged_document(std::string_view collection, std::string_view key) {
    return {ErrorCode::corrupt, "document " + std::string(collection) + "/" + std::string(key) +
                                    " does not read back as it was written: the database is "
                                    "damaged; restore it from a backup"};
}

}  // namespace

void put_record(BsonWriter& writer, const Record& record, const RecordImage& image,
                std::string_view members) {
    put_text(writer, "event_id", record.event_id);
    put_text(writer, "event_type", record.event_type);
    const View extra(members);
    writer.element(extra.element("event_version"));
    put_time(writer, "timestamp", record.timestamp);
    if (!record.aggregate_id.empty()) {
        put_text(writer, "aggregate_id", record.aggregate_id);
    }
    if (record.sequence != 0) {
        writer.int64("sequence", record.sequence);
    }
    writer.element(extra.element("metadata"));
    writer.element(extra.element("payload"));
    writer.element(extra.element("fields"));
    writer.element(extra.element("field_set"));
    put_time(writer, "stored_at", record.stored_at);
    if (record.expires_at) {
        put_time(writer, "ttl_expires_at", *record.expires_at);
    }
    put_text(writer, "key", record.key);
    if (!record.headers.empty()) {
        writer.begin_list("headers");
        for (const auto& [name, value] : record.headers) {
            writer.begin_document({});
            put_text(writer, "name", name);
            // A null value is left out, since it is not an empty one.
            if (value.data() != nullptr) {
                put_text(writer, "value", value);
            }
            writer.end();
        }
        writer.end();
    }
    writer.binary("body", record.body);
    writer.int64("checksum", row_checksum(image.checksum, record));
}

std::optional<Record> get_record(View document, std::int64_t position) {
    Record record;
    record.position = position;
    record.event_id = document.string("event_id");
    record.event_type = document.string("event_type");
    record.key = document.string("key");
    record.aggregate_id = document.string("aggregate_id");
    record.sequence = document.integer("sequence");
    record.timestamp = document.time("timestamp_us");
    record.stored_at = document.time("stored_at_us");
    if (document.has("ttl_expires_at_us")) {
        record.expires_at = document.time("ttl_expires_at_us");
    }
    document.each("headers", [&](View each) {
        const std::string value = each.string("value");
        record.headers.add(each.string("name"),
                           each.has("value") ? std::string_view(value) : std::string_view());
    });
    record.body = document.string("body");
    if (!document.has("checksum") ||
        row_checksum(content_checksum(record), record) != document.integer("checksum")) {
        return std::nullopt;
    }
    return record;
}

void put_removal(BsonWriter& writer, Time deleted_at, std::string_view deleted_by,
                 std::string_view reason) {
    put_time(writer, "deleted_at", deleted_at);
    put_text(writer, "deleted_by", deleted_by);
    put_text(writer, "reason", reason);
}

bool is_tombstone(View document) {
    return document.has("gone_at");
}

void put_parked(BsonWriter& writer, const Parked& parked) {
    put_text(writer, "group", parked.group);
    writer.int64("position", parked.position);
    put_text(writer, "key", parked.key);
    // No date that other languages cannot read.
    if (!parked.held()) {
        put_time(writer, "due_at", parked.due_at);
    }
    put_attempts(writer, parked.attempts);
    put_text(writer, "source", parked.source);
    if (parked.letter != 0) {
        writer.int64("letter", parked.letter);
    }
}

Parked get_parked(View document) {
    return {.group = document.string("group"),
            .position = document.integer("position"),
            .key = document.string("key"),
            .due_at = document.has("due_at_us") ? document.time("due_at_us") : Parked::never,
            .attempts = get_attempts(document),
            .source = document.string("source"),
            .letter = document.integer("letter")};
}

DeadLetter::Status status_of(std::string_view name) {
    for (const auto status : {DeadLetter::Status::requeued, DeadLetter::Status::discarded,
                              DeadLetter::Status::resolved}) {
        if (name == to_string(status)) {
            return status;
        }
    }
    return DeadLetter::Status::open;
}

void put_letter(BsonWriter& writer, const DeadLetter& letter) {
    const RecordImage image = image_of(*letter.record);
    put_text(writer, "group", letter.group);
    writer.text("status", to_string(letter.status));
    put_text(writer, "note", letter.note);
    put_text(writer, "error", letter.error);
    put_attempts(writer, letter.attempts);
    put_time(writer, "failed_at", letter.failed_at);
    put_text(writer, "source", letter.source);
    put_history(writer, letter.history);
    writer.int64("position", letter.record->position);
    writer.begin_document("event");
    put_record(writer, *letter.record, image, {});
    writer.end();
}

Result<DeadLetter> get_letter(View document) {
    DeadLetter letter;
    letter.id = document.integer("_id");
    auto record = get_record(document.document("event"), document.integer("position"));
    if (!record) {
        return fail(ErrorCode::corrupt, "dead letter " + std::to_string(letter.id) +
                                            " does not read back as it was written: the database "
                                            "is damaged; restore it from a backup");
    }
    letter.record = std::make_shared<const Record>(*std::move(record));
    letter.group = document.string("group");
    letter.error = document.string("error");
    letter.attempts = get_attempts(document);
    letter.failed_at = document.time("failed_at_us");
    letter.status = status_of(document.text("status"));
    letter.note = document.string("note");
    letter.source = document.string("source");
    letter.history = get_history(document);
    return letter;
}

Result<Document> get_document(View view, std::string_view collection) {
    Document document{.key = view.string("key"),
                      .body = view.string("body"),
                      .revision = view.integer("revision")};
    if (document_checksum(collection, document.key, document.body) != view.integer("checksum")) {
        return std::unexpected(damaged_document(collection, document.key));
    }
    return document;
}

void put_range(BsonWriter& writer, std::string_view owner, std::int64_t first, std::int64_t last) {
    writer.begin_document({});
    writer.int64("first", first);
    writer.int64("last", last);
    writer.int64("checksum", finished_checksum(owner, first, last));
    writer.end();
}

std::optional<std::pair<std::int64_t, std::int64_t>> get_range(View range, std::string_view owner) {
    const std::int64_t first = range.integer("first");
    const std::int64_t last = range.integer("last");
    const bool changed =
        range.has("checksum") && range.integer("checksum") != finished_checksum(owner, first, last);
    if (changed || first < 1 || last < first || last > most_position) {
        return std::nullopt;
    }
    return std::pair(first, last);
}

std::optional<std::int64_t> get_position(View document) {
    const std::int64_t position = document.integer("position", -1);
    const bool changed =
        document.has("checksum") &&
        document.integer("checksum") != finished_checksum(document.string("group"), 1, position);
    if (changed || position < 0 || position > most_position) {
        return std::nullopt;
    }
    return position;
}

Error damaged_group(const std::string& group) {
    return {ErrorCode::corrupt, "what group " + group +
                                    " has finished does not read back as it was written: the "
                                    "database is damaged; restore it from a backup"};
}

Error damaged_event(std::int64_t position) {
    return {ErrorCode::corrupt, "the event at position " + std::to_string(position) +
                                    " does not read back as it was written: the database is "
                                    "damaged; restore it from a backup"};
}

}  // namespace quipu::mongo
