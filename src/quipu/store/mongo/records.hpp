// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quipu/base/error.hpp"
#include "quipu/store/engine/values.hpp"
#include "quipu/store/mongo/bson.hpp"
#include "quipu/store/record.hpp"
#include "quipu/store/transaction.hpp"

/// How records, parked records and dead letters look as documents. For readers in other languages
/// an event has its members as BSON values; the store itself reads `body` and what `checksum`
/// covers, so that a changed byte is never served and microseconds are kept.
namespace quipu::mongo {

/// Writes the fields of a record, without _id. `members` is what MongoOptions::document gave.
void put_record(BsonWriter& writer, const Record& record, const RecordImage& image,
                std::string_view members);

/// The record in the document; nothing when it does not read back as it was written.
[[nodiscard]] std::optional<Record> get_record(View document, std::int64_t position);

/// What an archived record has beside the fields of the record.
void put_removal(BsonWriter& writer, Time deleted_at, std::string_view deleted_by,
                 std::string_view reason);

/// An event that was removed leaves a document with its _id only, so that a late writer of the
/// same position finds it taken.
[[nodiscard]] bool is_tombstone(View document);

void put_parked(BsonWriter& writer, const Parked& parked);
[[nodiscard]] Parked get_parked(View document);

/// The status with this name; open for any other name.
[[nodiscard]] DeadLetter::Status status_of(std::string_view name);
void put_letter(BsonWriter& writer, const DeadLetter& letter);
[[nodiscard]] Result<DeadLetter> get_letter(View document);

/// Errors: corrupt.
[[nodiscard]] Result<Document> get_document(View view, std::string_view collection);

/// Writes a range of positions, both ends included, as a member of a list. `owner` is the group
/// that has finished them, or empty for positions that were removed.
void put_range(BsonWriter& writer, std::string_view owner, std::int64_t first, std::int64_t last);
/// What put_range wrote; nothing when it does not read back so. Ranges of earlier versions carry no
/// checksum.
[[nodiscard]] std::optional<std::pair<std::int64_t, std::int64_t>> get_range(
    View range, std::string_view owner);
/// The position that a group's document says; nothing when it does not read back as it was written.
[[nodiscard]] std::optional<std::int64_t> get_position(View document);

[[nodiscard]] Error damaged_event(std::int64_t position);
[[nodiscard]] Error damaged_group(const std::string& group);

}  // namespace quipu::mongo
