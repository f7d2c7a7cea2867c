// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "quipu/base/error.hpp"
#include "quipu/store/sqlite/handle.hpp"

namespace quipu::sqlite {

constexpr std::int64_t application_id = 0x71756970;  // "quip"
constexpr std::int64_t schema_version = 4;

/// Makes an empty file a store of this version, and upgrades an older store in one transaction.
/// Does nothing to one that is of this version.
void create_schema(const Connection& connection);

/// The identity that create_schema() gave the store.
[[nodiscard]] std::string read_identity(const Connection& connection);

/// Whether the file is a store this version can work with. A file without any table passes when
/// `may_be_written`, as does an older version, which is to be upgraded then.
[[nodiscard]] Result<void> check_schema(const Connection& connection, const std::string& path,
                                        bool may_be_written);

}  // namespace quipu::sqlite
