// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/rows.hpp"

#include <string>
#include <utility>

namespace quipu::sqlite {

std::optional<Record> read_record(const Statement& row, TypeTable& types, int first_column) {
    const auto column = [first_column](int offset) { return first_column + offset; };
    Record record;
    record.position = row.integer(column(0));
    record.event_id = row.id(column(1));
    record.event_type = types.name(row.integer(column(2)));
    record.aggregate_id = row.id(column(4));
    record.key = row.null(column(3)) ? record.aggregate_id : row.id(column(3));
    record.sequence = row.integer(column(5));
    record.timestamp = from_micros(row.integer(column(6)));
    record.stored_at = from_micros(row.integer(column(7)));
    if (const auto expiry = row.optional_integer(column(8))) {
        record.expires_at = from_micros(*expiry);
    }
    record.body = row.text(column(11));
    auto headers = RecordHeaders::from_bytes(std::string(row.bytes(column(10))));
    if (!headers) {
        return std::nullopt;
    }
    record.headers = *std::move(headers);
    if (row_checksum(content_checksum(record), record) != row.integer(column(9))) {
        return std::nullopt;
    }
    return record;
}

void write_record(Statement& statement, const Record& record, const RecordImage& image,
                  std::int64_t type, int first) {
    const auto bind = [&](int offset, const auto& value, bool present = true) {
        if (present) {
            statement.bind(first + offset, value);
        } else {
            statement.bind(first + offset, nullptr);
        }
    };
    bind(0, record.position);
    bind(1, KnownId{image.event_id, record.event_id});
    bind(2, type);
    bind(3, KnownId{image.key, record.key}, record.key != record.aggregate_id);
    bind(4, KnownId{image.aggregate_id, record.aggregate_id}, !record.aggregate_id.empty());
    bind(5, record.sequence, record.sequence != 0);
    bind(6, to_micros(record.timestamp));
    bind(7, to_micros(record.stored_at));
    bind(8, to_micros(record.expires_at.value_or(Time{})), record.expires_at.has_value());
    bind(9, row_checksum(image.checksum, record));
    bind(10, Blob{record.headers.bytes()}, !record.headers.empty());
    bind(11, Blob{record.body});
}

Error damaged_row(std::int64_t position) {
    return {ErrorCode::corrupt, "the event at position " + std::to_string(position) +
                                    " does not read back as it was written: the file is damaged; "
                                    "restore it from a backup"};
}

}  // namespace quipu::sqlite
