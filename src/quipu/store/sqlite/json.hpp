// SPDX-License-Identifier: Apache-2.0
#pragma once

struct sqlite3;

namespace quipu::sqlite {

/// Adds the SQL function quipu_member(body, pointer): stores::member_text, NULL for nothing.
void add_member_function(sqlite3* db);

}  // namespace quipu::sqlite
