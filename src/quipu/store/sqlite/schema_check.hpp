// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "quipu/base/error.hpp"
#include "quipu/store/sqlite/handle.hpp"

namespace quipu::sqlite {

/// Refuses triggers, virtual tables and generated columns, which would do whatever the file's maker
/// has written in them. With `is_present`, a file whose schema has the present version must also
/// have the tables, columns and views of a new store. Tables and indexes of others are left alone.
/// Errors: corrupt, which names what differs. Throws Failure.
[[nodiscard]] Result<void> compare_schema(const Connection& connection, const std::string& path,
                                          bool is_present);

}  // namespace quipu::sqlite
