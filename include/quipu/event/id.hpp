// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace quipu {

/// A new UUID version 7 (RFC 9562) as text. Ids made by one process grow strictly: within one
/// millisecond by a counter (method 1), so that they are appended to an index, not scattered.
/// Thread-safe; safe after fork().
[[nodiscard]] std::string new_id();

/// True for the 36-character form of any UUID. Ids that other producers sent are kept as they are;
/// nothing in this library requires this form.
[[nodiscard]] bool is_uuid(std::string_view text) noexcept;

}  // namespace quipu
