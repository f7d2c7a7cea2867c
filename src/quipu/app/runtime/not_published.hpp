// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "quipu/base/error.hpp"
#include "quipu/delivery/relay.hpp"

namespace quipu {

/// The error for a stored event that did not reach the log in time. `later` says what will publish
/// it.
[[nodiscard]] std::unexpected<Error> not_published(std::int64_t position, const RelayStatus& relay,
                                                   std::string_view later);

}  // namespace quipu
