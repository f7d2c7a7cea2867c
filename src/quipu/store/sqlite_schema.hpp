#pragma once

#include "quipu/error.hpp"
#include "quipu/store/sqlite_handle.hpp"

namespace quipu::sqlite {

constexpr std::int64_t application_id = 0x71756970;  // "quip"
constexpr std::int64_t schema_version = 1;

/// Makes an empty file a store of this version. Does nothing to one that is.
void create_schema(const Connection& connection);

/// Whether the file is a store this version can work with. A file without any table passes when
/// `may_be_empty`.
[[nodiscard]] Result<void> check_schema(const Connection& connection, const std::string& path,
                                        bool may_be_empty);

}  // namespace quipu::sqlite
