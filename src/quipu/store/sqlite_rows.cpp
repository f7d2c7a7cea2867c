#include "quipu/store/sqlite_rows.hpp"

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
    record.timestamp = from_micros(row.integer(column(7)));
    record.stored_at = from_micros(row.integer(column(8)));
    if (const auto expiry = row.optional_integer(column(9))) {
        record.expires_at = from_micros(*expiry);
    }
    const std::string_view headers = row.bytes(column(11));
    record.body = row.text(column(12));
    const auto payload = payload_checksum(headers, record.body);
    auto decoded = decode_headers(headers);
    if (!decoded || record_checksum(payload, record) != row.integer(column(10))) {
        return std::nullopt;
    }
    record.headers = *std::move(decoded);
    return record;
}

void write_record(Statement& statement, const Record& record, std::int64_t type,
                  std::string_view execution_id, std::string_view headers,
                  std::uint32_t payload_checksum, int first) {
    statement.bind(first, record.position);
    statement.bind(first + 1, Id{record.event_id});
    statement.bind(first + 2, type);
    if (record.key == record.aggregate_id) {
        statement.bind(first + 3, nullptr);
    } else {
        statement.bind(first + 3, Id{record.key});
    }
    statement.bind(first + 4, OptionalId{record.aggregate_id});
    if (record.sequence == 0) {
        statement.bind(first + 5, nullptr);
    } else {
        statement.bind(first + 5, record.sequence);
    }
    statement.bind(first + 6, OptionalId{execution_id});
    statement.bind(first + 7, to_micros(record.timestamp));
    statement.bind(first + 8, to_micros(record.stored_at));
    if (record.expires_at) {
        statement.bind(first + 9, to_micros(*record.expires_at));
    } else {
        statement.bind(first + 9, nullptr);
    }
    statement.bind(first + 10, record_checksum(payload_checksum, record));
    if (headers.empty()) {
        statement.bind(first + 11, nullptr);
    } else {
        statement.bind(first + 11, Blob{headers});
    }
    statement.bind(first + 12, Blob{record.body});
}

Error damaged_row(std::int64_t position) {
    return {ErrorCode::corrupt, "the event at position " + std::to_string(position) +
                                    " does not read back as it was written: the file is damaged; "
                                    "restore it from a backup"};
}

}  // namespace quipu::sqlite
