// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace quipu {

/// A new UUID version 7 (RFC 9562) as text. Ids of one process increase strictly (within a
/// millisecond by a counter, method 1 of the RFC), so an index appends them in order. Thread-safe;
/// may be used after fork().
[[nodiscard]] std::string new_id();

/// Whether `text` is the 36-character form of a UUID of any version. Nothing in this library
/// requires ids of other producers to be UUIDs.
[[nodiscard]] bool is_uuid(std::string_view text) noexcept;

}  // namespace quipu
