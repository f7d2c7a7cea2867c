// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace quipu::kafka {

/// Which clients a property of librdkafka concerns.
struct PropertySides {
    bool producer = false;
    bool consumer = false;
};

/// None for a name that this librdkafka does not know.
[[nodiscard]] std::optional<PropertySides> property_sides(std::string_view name);
/// The known name that looks most like `name`; empty when none does.
[[nodiscard]] std::string nearest_property(std::string_view name);
/// Why a user may not set it; empty when they may.
[[nodiscard]] std::string_view refusal(std::string_view name);

}  // namespace quipu::kafka
