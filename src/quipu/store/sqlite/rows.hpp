// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "quipu/store/record.hpp"
#include "quipu/store/sqlite/types.hpp"

namespace quipu::sqlite {

/// The columns of a record in every table that holds whole records, in the order `read_record`
/// and `write_record` use.
#define QUIPU_RECORD_COLUMNS                                                              \
    "position,event_id,type_id,key,aggregate_id,sequence,timestamp,stored_at,expires_at," \
    "checksum,headers,body"
/// The same of a table that is called `e` in a join with one that has some of these names, too.
#define QUIPU_EVENT_COLUMNS                                                                 \
    "e.position,event_id,type_id,key,aggregate_id,sequence,timestamp,stored_at,expires_at," \
    "checksum,headers,body"
constexpr int record_columns = 12;
constexpr int timestamp_column = 6;

/// The row's record; nothing when the row does not read back as it was written.
[[nodiscard]] std::optional<Record> read_record(const Statement& row, TypeTable& types,
                                                int first_column = 0);

/// Binds `record` to the parameters from `first` on. The arguments must outlive the run.
void write_record(Statement& statement, const Record& record, const RecordImage& image,
                  std::int64_t type, int first = 1);

[[nodiscard]] Error damaged_row(std::int64_t position);

}  // namespace quipu::sqlite
