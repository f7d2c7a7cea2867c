// SPDX-License-Identifier: Apache-2.0
#pragma once

struct sqlite3;

namespace quipu::sqlite {

/// Adds the SQL function quipu_field(body, headers, path): FieldValue::canonical of the field at
/// that canonical path, NULL for an absent one.
void add_field_function(sqlite3* db);

}  // namespace quipu::sqlite
