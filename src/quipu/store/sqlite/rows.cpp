// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/rows.hpp"

#include <string>
#include <utility>

#include "quipu/store/sqlite/subjects.hpp"

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
    record.timestamp = from_micros(row.integer(column(7)));
    record.stored_at = from_micros(row.integer(column(8)));
    if (const auto expiry = row.optional_integer(column(9))) {
        record.expires_at = from_micros(*expiry);
    }
    record.body = row.text(column(12));
    auto headers = RecordHeaders::from_bytes(std::string(row.bytes(column(11))));
    if (!headers) {
        return std::nullopt;
    }
    record.headers = *std::move(headers);
    if (row_checksum(content_checksum(record), record) != row.integer(column(10))) {
        return std::nullopt;
    }
    return record;
}

void write_record(Statement& statement, const Record& record, const RecordImage& image,
                  std::int64_t type, std::string_view execution_id, int first) {
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
    if (execution_is_derived(record.aggregate_id, execution_id)) {
        bind(6, derived_execution);
    } else {
        bind(6, Id{execution_id}, !execution_id.empty());
    }
    bind(7, to_micros(record.timestamp));
    bind(8, to_micros(record.stored_at));
    bind(9, to_micros(record.expires_at.value_or(Time{})), record.expires_at.has_value());
    bind(10, row_checksum(image.checksum, record));
    bind(11, Blob{record.headers.bytes()}, !record.headers.empty());
    bind(12, Blob{record.body});
}

Error damaged_row(std::int64_t position) {
    return {ErrorCode::corrupt, "the event at position " + std::to_string(position) +
                                    " does not read back as it was written: the file is damaged; "
                                    "restore it from a backup"};
}

}  // namespace quipu::sqlite
